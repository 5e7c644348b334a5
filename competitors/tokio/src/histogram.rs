//! Distributions of what timed iterations observe: latencies, shares.

use std::collections::BTreeMap;

use crate::emit::Line;
use crate::failure::Failure;

/// Counts of events by distribution, and in each by the largest number of their
/// bucket.
#[derive(Default)]
pub struct Histograms {
    list: Vec<Histogram>,
}

struct Histogram {
    name: &'static str,
    unit: &'static str,
    counts: BTreeMap<u64, u64>,
}

impl Histograms {
    pub fn add(&mut self, name: &'static str, unit: &'static str, value: u64) {
        let at = self.list.iter().position(|h| h.name == name).unwrap_or_else(|| {
            self.list.push(Histogram { name, unit, counts: BTreeMap::new() });
            self.list.len() - 1
        });
        *self.list[at].counts.entry(bucket(value)).or_insert(0) += 1;
    }

    pub fn write(&self) -> Result<(), Failure> {
        for h in &self.list {
            let buckets = h.counts.iter().map(|(bound, count)| (*bound, *count));
            let mut line = Line::of_type("histogram");
            line.string("name", h.name).string("unit", h.unit).pairs("buckets", buckets);
            line.write()?;
        }
        Ok(())
    }
}

/// The largest number in the bucket of a value. Numbers below 256 have a bucket
/// each; above, each power of two has 128 of them, so that none is wider than
/// 1% of its numbers.
fn bucket(value: u64) -> u64 {
    let shift = (u64::BITS - value.leading_zeros()).saturating_sub(8);
    value | ((1 << shift) - 1)
}
