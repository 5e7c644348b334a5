//! Messages are bytes, and made of 64-bit words.

pub fn get(message: &[u8], k: usize) -> u64 {
    u64::from_le_bytes(message[8 * k..8 * k + 8].try_into().expect("these are eight bytes"))
}

pub fn put(message: &mut [u8], k: usize, word: u64) {
    message[8 * k..8 * k + 8].copy_from_slice(&word.to_le_bytes());
}

/// The sum of all words.
pub fn sum(message: &[u8]) -> u64 {
    let words = message.chunks_exact(8).map(|word| u64::from_le_bytes(word.try_into().expect("these are eight bytes")));
    words.fold(0, u64::wrapping_add)
}
