use super::*;

fn wanted(reserve: &Reserve) -> usize {
    reserve.state().wanted
}

/// Receives and answers one call of `task`, with another one waiting or not.
fn serve(reserve: &Reserve, number: usize, crowd: &mut Crowd, task: u32, waits: bool) {
    reserve.look(number, crowd, task);
    reserve.answered(crowd, waits);
}

#[test]
fn one_task_is_answered_by_one_thread() {
    let (reserve, mut crowd) = (Reserve::default(), Crowd::default());
    for _ in 0..1000 {
        serve(&reserve, 0, &mut crowd, 7, true);
    }
    assert_eq!(wanted(&reserve), 1);
    assert_eq!(reserve.count(), 1000);
}

#[test]
fn two_tasks_call_a_second_thread_that_later_goes_back() {
    let (reserve, mut crowd) = (Reserve::default(), Crowd::default());
    for round in 0..=MEETINGS {
        serve(&reserve, 0, &mut crowd, 7 + round % 2, true);
    }
    assert_eq!(wanted(&reserve), 2);
    let mut second = Crowd::default();
    for _ in 0..QUIET_CALLS {
        serve(&reserve, 1, &mut second, 8, false);
    }
    assert_eq!(wanted(&reserve), 1);
}

#[test]
fn a_thread_in_reserve_is_let_go_at_the_end() {
    let reserve = Reserve::default();
    assert!(reserve.is_wanted(0));
    reserve.call();
    assert!(reserve.is_wanted(1));
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| reserve.is_wanted(2));
        reserve.end();
        assert!(!waiting.join().unwrap());
    });
}
