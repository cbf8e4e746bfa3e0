//! The filter is run here as the kernel runs it.

use super::*;

/// What the filter returns for a call.
fn decide(arch: u32, number: u32, arguments: [u64; 6]) -> u32 {
    let mut data = vec![number, arch, 0, 0];
    for argument in arguments {
        data.push(u32::try_from(argument & 0xFFFF_FFFF).unwrap());
        data.push(u32::try_from(argument >> 32).unwrap());
    }
    let program = filter();
    let (mut at, mut accumulator) = (0_usize, 0_u32);
    loop {
        let step = program[at];
        at = at.wrapping_add(1);
        let code = u32::from(step.code);
        match code {
            0x20 => accumulator = data[usize::try_from(step.k >> 2).unwrap()],
            0x06 => return step.k,
            0x05 => at = at.wrapping_add(usize::try_from(step.k).unwrap()),
            _ => {
                let holds = match code {
                    0x15 => accumulator == step.k,
                    0x35 => accumulator >= step.k,
                    0x45 => accumulator & step.k != 0,
                    other => panic!("no such instruction: {other:x}"),
                };
                at = at.wrapping_add(usize::from(if holds { step.jt } else { step.jf }));
            }
        }
    }
}

const ASK: u32 = libc::SECCOMP_RET_USER_NOTIF;
const ALLOW: u32 = libc::SECCOMP_RET_ALLOW;

#[test]
fn every_call_is_decided_as_the_tables_say() {
    for number in 0..600_u32 {
        let n = i64::from(number);
        let decided = decide(ARCH_X86_64, number, [0; 6]);
        if SUPERVISED.contains(&n) || CLOSED.iter().any(|(closed, _)| *closed == n) {
            assert_eq!(decided, ASK, "{number}");
        } else if WITHOUT_SUPPORT.contains(&n) {
            assert_eq!(
                decided & libc::SECCOMP_RET_ACTION_FULL,
                libc::SECCOMP_RET_ERRNO
            );
        } else if !CONDITIONAL.iter().any(|(conditional, _)| *conditional == n) {
            assert_eq!(decided, ALLOW, "{number}");
        }
    }
}

#[test]
fn no_call_is_named_twice() {
    let named = named();
    for pair in named.windows(2) {
        assert!(pair[0].0 < pair[1].0, "{}", pair[1].0);
    }
}

#[test]
fn conditions_look_at_arguments() {
    let number = |number: i64| u32::try_from(number).unwrap();
    let with = |n: i64, arguments| decide(ARCH_X86_64, number(n), arguments);
    assert_eq!(with(libc::SYS_sendto, [0, 0, 0, 0, 0, 0]), ALLOW);
    assert_eq!(with(libc::SYS_sendto, [0, 0, 0, 0, 1 << 40, 0]), ASK);
    assert_eq!(with(libc::SYS_unshare, [0x200, 0, 0, 0, 0, 0]), ALLOW);
    assert_eq!(with(libc::SYS_unshare, [0x1000_0200, 0, 0, 0, 0, 0]), ASK);
    assert_eq!(with(libc::SYS_socket, [2, 1, 6, 0, 0, 0]), ALLOW);
    assert_eq!(with(libc::SYS_socket, [2, 3, 1, 0, 0, 0]), ASK);
    assert_eq!(with(libc::SYS_socket, [16, 3, 0, 0, 0, 0]), ASK);
    assert_eq!(with(libc::SYS_personality, [0, 0, 0, 0, 0, 0]), ALLOW);
    assert_eq!(
        with(libc::SYS_personality, [0x0040_0000, 0, 0, 0, 0, 0]),
        ASK
    );
}

#[test]
fn other_kinds_of_calls_are_asked_about() {
    assert_eq!(decide(0x4000_0003, 20, [0; 6]), ASK);
    assert_eq!(decide(ARCH_X86_64, X32_BIT | 39, [0; 6]), ASK);
    assert_eq!(decide(ARCH_X86_64, 39, [0; 6]), ALLOW);
}
