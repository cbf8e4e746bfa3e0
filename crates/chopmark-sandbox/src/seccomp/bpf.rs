//! Emits the filter as classic BPF.
//!
//! A search tree over the numbers that are named, each with its body behind it; what is not named
//! is allowed. The kernel runs the filter for every number once when it is installed, and caches
//! the calls that are allowed without a look at arguments, so they cost nothing.

use libc::sock_filter;

use super::calls::{CLOSED, CONDITIONAL, Condition, SUPERVISED, WITHOUT_SUPPORT};

#[cfg(test)]
mod tests;

/// The filter for x86-64.
///
/// A call of another architecture and one of the x32 kind go to the supervisor, which records
/// them and then kills or refuses.
pub(crate) fn filter() -> Vec<sock_filter> {
    let mut program = vec![
        load(OFFSET_ARCH),
        jump(libc::BPF_JEQ, ARCH_X86_64, 1, 0),
        ret(libc::SECCOMP_RET_USER_NOTIF),
        load(OFFSET_NUMBER),
        jump(libc::BPF_JGE, X32_BIT, 0, 1),
        ret(libc::SECCOMP_RET_USER_NOTIF),
    ];
    program.extend(tree(&named()));
    program
}

/// A system call's number and the code that decides about it.
type Named = (u32, Vec<sock_filter>);

/// Every call that a table names, by number.
fn named() -> Vec<Named> {
    let ask = || vec![ret(libc::SECCOMP_RET_USER_NOTIF)];
    let no_such_call = ret(libc::SECCOMP_RET_ERRNO | libc::ENOSYS.cast_unsigned());
    let supervised = SUPERVISED.iter().map(|number| (*number, ask()));
    let conditional = CONDITIONAL
        .iter()
        .map(|(number, condition)| (*number, body(*condition)));
    let unsupported = WITHOUT_SUPPORT
        .iter()
        .map(|number| (*number, vec![no_such_call]));
    let closed = CLOSED.iter().map(|(number, _)| (*number, ask()));
    let mut named: Vec<Named> = supervised
        .chain(conditional)
        .chain(unsupported)
        .chain(closed)
        .map(|(number, code)| (u32::try_from(number).unwrap_or(u32::MAX), code))
        .collect();
    named.sort_by_key(|(number, _)| *number);
    named
}

/// Code that finds the number in the accumulator among `named` and decides.
fn tree(named: &[Named]) -> Vec<sock_filter> {
    if named.len() <= LEAF {
        let mut code: Vec<sock_filter> = named
            .iter()
            .flat_map(|(number, body)| when(*number, body))
            .collect();
        code.push(ret(libc::SECCOMP_RET_ALLOW));
        return code;
    }
    let (low, high) = named.split_at(named.len() >> 1);
    let first_high = high.first().map_or(u32::MAX, |(number, _)| *number);
    let (low, high) = (tree(low), tree(high));
    let past_low = u32::try_from(low.len()).unwrap_or(u32::MAX);
    let mut code = vec![
        jump(libc::BPF_JGE, first_high, 0, 1),
        statement(libc::BPF_JMP | libc::BPF_JA, past_low),
    ];
    code.extend(low);
    code.extend(high);
    code
}

/// `body`, run only for system call `number`; the accumulator holds the number before and after.
fn when(number: u32, body: &[sock_filter]) -> Vec<sock_filter> {
    let length = u8::try_from(body.len()).unwrap_or(u8::MAX);
    let mut code = vec![jump(libc::BPF_JEQ, number, 0, length)];
    code.extend_from_slice(body);
    code
}

/// A body that always returns: to the supervisor when the condition holds, else allowed.
fn body(condition: Condition) -> Vec<sock_filter> {
    let allow = ret(libc::SECCOMP_RET_ALLOW);
    let ask = ret(libc::SECCOMP_RET_USER_NOTIF);
    match condition {
        Condition::AnyBit { argument, mask } => {
            vec![
                load(low_word(argument)),
                jump(libc::BPF_JSET, mask, 1, 0),
                allow,
                ask,
            ]
        }
        Condition::NotNull { argument } => vec![
            load(low_word(argument)),
            jump(libc::BPF_JEQ, 0, 0, 3),
            load(high_word(argument)),
            jump(libc::BPF_JEQ, 0, 0, 1),
            allow,
            ask,
        ],
        Condition::OneOf { argument, values } => {
            let mut code = vec![load(low_word(argument))];
            code.extend(one_of(values, 1));
            code.extend([allow, ask]);
            code
        }
        Condition::NoneOf { argument, values } => {
            let mut code = vec![load(low_word(argument))];
            code.extend(one_of(values, 1));
            code.extend([ask, allow]);
            code
        }
        Condition::NoneOfEither { first, second } => {
            let mut code = vec![load(low_word(first.0))];
            code.extend(one_of(first.1, 1));
            code.push(ask);
            code.push(load(low_word(second.0)));
            code.extend(one_of(second.1, 1));
            code.extend([ask, allow]);
            code
        }
    }
}

/// Tests that skip `past` instructions after the last test when a value matches.
fn one_of(values: &[u32], past: u8) -> Vec<sock_filter> {
    let count = u8::try_from(values.len()).unwrap_or(u8::MAX);
    (1..=count)
        .zip(values)
        .map(|(place, value)| {
            jump(
                libc::BPF_JEQ,
                *value,
                count.saturating_sub(place).saturating_add(past),
                0,
            )
        })
        .collect()
}

fn load(offset: u32) -> sock_filter {
    statement(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, offset)
}

fn ret(action: u32) -> sock_filter {
    statement(libc::BPF_RET | libc::BPF_K, action)
}

fn statement(code: u32, k: u32) -> sock_filter {
    sock_filter {
        code: u16::try_from(code).unwrap_or(u16::MAX),
        jt: 0,
        jf: 0,
        k,
    }
}

fn jump(test: u32, k: u32, jt: u8, jf: u8) -> sock_filter {
    let code = u16::try_from(libc::BPF_JMP | test | libc::BPF_K).unwrap_or(u16::MAX);
    sock_filter { code, jt, jf, k }
}

fn low_word(argument: u8) -> u32 {
    u32::from(argument)
        .saturating_mul(8)
        .saturating_add(OFFSET_ARGUMENTS)
}

fn high_word(argument: u8) -> u32 {
    low_word(argument).saturating_add(4)
}

/// `AUDIT_ARCH_X86_64`.
pub(crate) const ARCH_X86_64: u32 = 0xC000_003E;
/// Set in the numbers of the x32 kind.
pub(crate) const X32_BIT: u32 = 0x4000_0000;

/// Numbers that are tested one after the other.
const LEAF: usize = 3;
const OFFSET_NUMBER: u32 = 0;
const OFFSET_ARCH: u32 = 4;
const OFFSET_ARGUMENTS: u32 = 16;
