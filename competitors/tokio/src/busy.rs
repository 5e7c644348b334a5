//! The computing that workloads are filled with.

use std::hint::black_box;

/// So many steps of a linear congruential generator, from x.
pub fn busy(steps: u64, mut x: u64) -> u64 {
    // Hidden from the compiler: of constants it would fold several steps into
    // one, less work than the definition asks for and other languages do.
    let factor: u64 = black_box(6364136223846793005);
    let summand: u64 = black_box(1442695040888963407);
    for _ in 0..steps {
        x = x.wrapping_mul(factor).wrapping_add(summand);
    }
    x
}
