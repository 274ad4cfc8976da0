//! UIDs of new events.

use nextcloud_mcp_plugin::Failure;

/// A version 4 UUID (RFC 9562, 5.4), so that no UID ever meets one that lies in the trash bin.
pub(crate) fn new_uid() -> Result<String, Failure> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes)
        .map_err(|error| Failure::internal(format!("no random numbers: {error}")))?;
    let mut number = u128::from_be_bytes(bytes);
    number = number & !(0xF << 76) | 0x4 << 76;
    number = number & !(0x3 << 62) | 0x2 << 62;
    let hex = format!("{number:032x}");
    Ok([
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..],
    ]
    .join("-"))
}
