//! Numbers in 17 significant digits, from which the very same number is read back.

/// `number` as C's `%.17g` writes it.
pub fn seventeen_digits(number: f64) -> String {
    if number == 0.0 || !number.is_finite() {
        return if number == 0.0 { "0".to_owned() } else { number.to_string() };
    }
    let scientific = format!("{number:.16e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if !(-4..17).contains(&exponent) {
        let (sign, size) = (if exponent < 0 { '-' } else { '+' }, exponent.unsigned_abs());
        return format!("{}e{sign}{size:02}", without_zeros(mantissa));
    }
    let decimals = usize::try_from(16 - exponent).unwrap_or_default();
    without_zeros(&format!("{number:.decimals$}")).to_owned()
}

fn without_zeros(text: &str) -> &str {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn as_other_programs_write_them() {
        let written = [1.0, 0.1, -2.5, 1e-5, 3.3e-300, 123_456_789_012_345_680.0, 1e17, 8.527, 0.0, 1_566.0]
            .map(seventeen_digits);
        let expected = [
            "1",
            "0.10000000000000001",
            "-2.5",
            "1.0000000000000001e-05",
            "3.3000000000000002e-300",
            "1.2345678901234568e+17",
            "1e+17",
            "8.5269999999999992",
            "0",
            "1566",
        ];
        assert_eq!(written, expected);
    }

    proptest! {
        #[test]
        fn the_same_number_is_read_back(number in any::<f64>().prop_filter("a number", |number| number.is_finite())) {
            prop_assert_eq!(seventeen_digits(number).parse(), Ok(if number == 0.0 { 0.0 } else { number }));
        }
    }
}
