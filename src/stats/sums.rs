//! Sums over many, in an order that is always the same.

/// The sums of what each item gives: four at a time, which do not wait for one another.
#[inline]
pub(super) fn sum_of<T, const N: usize>(items: &[T], term: impl Fn(&T) -> [f64; N]) -> [f64; N] {
    let mut sums = [[0.0; N]; 4];
    let (blocks, rest) = items.as_chunks::<4>();
    for block in blocks {
        for (sum, item) in sums.iter_mut().zip(block) {
            add(sum, term(item));
        }
    }
    for (sum, item) in sums.iter_mut().zip(rest) {
        add(sum, term(item));
    }
    let [mut a, b, mut c, d] = sums;
    add(&mut a, b);
    add(&mut c, d);
    add(&mut a, c);
    a
}

#[inline]
fn add<const N: usize>(sum: &mut [f64; N], term: [f64; N]) {
    for (sum, term) in sum.iter_mut().zip(term) {
        *sum += term;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adds_all_of_any_length() {
        for length in 0..20_u32 {
            let items: Vec<u32> = (1..=length).collect();
            let [count, sum] = sum_of(&items, |item| [1.0, f64::from(*item)]);
            assert_eq!((count, sum), (f64::from(length), f64::from(length * (length + 1) / 2)));
        }
    }
}
