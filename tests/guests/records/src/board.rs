//! The board: how many readings there were, their sum, and the last one of each sensor, all as numbers with the
//! lowest byte first.

/// The bytes of the count and of the sum.
const HEAD: usize = 16;
/// The bytes of a reading.
const READING: usize = 4;

/// Takes a reading for the next sensor in turn. Returns the number of readings and the sum of those that are
/// kept. `None` if the text is no reading, or the state no board.
pub fn take(text: &str, state: &mut [u8]) -> Option<String> {
    let value: i32 = text.parse().ok()?;
    let (head, readings) = state.split_at_mut_checked(HEAD)?;
    let (count, sum) = head.split_at_mut(HEAD / 2);
    let mut number = u64::from_le_bytes((*count).try_into().ok()?);
    let mut total = i64::from_le_bytes((*sum).try_into().ok()?);
    let sensors = u64::try_from(readings.len() / READING).ok()?;
    let at = usize::try_from(number.checked_rem(sensors)?).ok()? * READING;
    let reading = readings.get_mut(at..at + READING)?;
    total += i64::from(value) - i64::from(i32::from_le_bytes((*reading).try_into().ok()?));
    number += 1;
    reading.copy_from_slice(&value.to_le_bytes());
    count.copy_from_slice(&number.to_le_bytes());
    sum.copy_from_slice(&total.to_le_bytes());
    Some(format!("{number} {total}"))
}
