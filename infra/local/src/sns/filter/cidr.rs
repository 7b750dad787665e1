//! Ranges of IP addresses.
//!
//! **Invariant:** an address matches only a range of its own version.

use std::net::IpAddr;
use std::str::FromStr;

/// A range such as `10.0.0.0/24` or `2001:db8::/32`.
#[derive(Debug)]
pub(super) struct Cidr {
    first: u128,
    mask: u128,
    is_v4: bool,
}

impl Cidr {
    /// Whether the text is an address in the range.
    pub(super) fn contains(&self, text: &str) -> bool {
        text.parse()
            .is_ok_and(|address: IpAddr| address.is_ipv4() == self.is_v4 && bits(address) & self.mask == self.first)
    }
}

impl FromStr for Cidr {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let malformed = || format!("Malformed CIDR: {text}");
        let (address, length) = text.split_once('/').ok_or_else(malformed)?;
        let address: IpAddr = address.parse().ok().ok_or_else(malformed)?;
        let length: u32 = length.parse().ok().ok_or_else(malformed)?;
        let width = if address.is_ipv4() { 32 } else { 128 };
        let host = u32::checked_sub(width, length).ok_or_else(malformed)?;
        let mask = u128::MAX.checked_shl(host).unwrap_or(0);
        Ok(Self { first: bits(address) & mask, mask, is_v4: address.is_ipv4() })
    }
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(address.to_bits()),
        IpAddr::V6(address) => address.to_bits(),
    }
}
