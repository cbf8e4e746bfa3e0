//! Threads of the helper, which is a fork of a process that may have had threads of its own.

use std::mem::MaybeUninit;

use rustix::io::Errno;

use super::process::exit_now;

/// What a thread runs.
type Work = Box<dyn FnOnce() + Send>;

/// Starts a thread of which the standard library knows nothing; it is never joined.
///
/// A thread of the standard library notes its guard page under a lock when it begins and when it
/// ends. In a fork that lock stays taken for ever if another thread of the old process held it, and
/// no new thread gets past its beginning. The C library puts its own locks right after a fork.
///
/// # Errors
///
/// What the system refused; no thread runs then.
pub(crate) fn start_thread(
    name: &str,
    stack_bytes: usize,
    work: impl FnOnce() + Send + 'static,
) -> Result<(), Errno> {
    let name = name.to_owned();
    let named: Work = Box::new(move || {
        // Only for those who look at the process.
        if let Ok(name) = std::ffi::CString::new(name) {
            let _ = rustix::thread::set_name(&name);
        }
        work();
    });
    let mut attributes = MaybeUninit::<libc::pthread_attr_t>::uninit();
    // SAFETY: the pointer is valid for a pthread_attr_t, which the call initialises.
    accepted(unsafe { libc::pthread_attr_init(attributes.as_mut_ptr()) })?;
    let started = create(attributes.as_mut_ptr(), stack_bytes, named);
    // SAFETY: the attributes were initialised above and are not used again.
    unsafe { libc::pthread_attr_destroy(attributes.as_mut_ptr()) };
    started
}

/// `attributes` are initialised.
fn create(
    attributes: *mut libc::pthread_attr_t,
    stack_bytes: usize,
    work: Work,
) -> Result<(), Errno> {
    // SAFETY: `attributes` leads to initialised attributes.
    accepted(unsafe { libc::pthread_attr_setstacksize(attributes, stack_bytes) })?;
    let detached = libc::PTHREAD_CREATE_DETACHED;
    // SAFETY: `attributes` leads to initialised attributes.
    accepted(unsafe { libc::pthread_attr_setdetachstate(attributes, detached) })?;
    let mut thread = MaybeUninit::<libc::pthread_t>::uninit();
    let handed = Box::into_raw(Box::new(work));
    // SAFETY: `handed` is a box that `begin` takes back, once, and only if the thread starts.
    let refused = accepted(unsafe {
        libc::pthread_create(thread.as_mut_ptr(), attributes, begin, handed.cast())
    });
    if refused.is_err() {
        // SAFETY: no thread started, so the box is still ours.
        drop(unsafe { Box::from_raw(handed) });
    }
    refused
}

extern "C" fn begin(work: *mut libc::c_void) -> *mut libc::c_void {
    // SAFETY: `create` made this pointer from such a box and does not touch it again.
    let work = unsafe { Box::from_raw(work.cast::<Work>()) };
    // Without one of its threads the helper does not watch any more, so the run ends with it.
    if std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).is_err() {
        exit_now(1);
    }
    std::ptr::null_mut()
}

fn accepted(code: libc::c_int) -> Result<(), Errno> {
    match code {
        0 => Ok(()),
        code => Err(Errno::from_raw_os_error(code)),
    }
}
