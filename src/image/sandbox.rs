//! What a worker gives up before it reads a byte of a stranger's file.
//!
//! Memory, processor time and the rest are capped by `rlimit`; what the process may still ask of the kernel is an
//! allow-list (seccomp), and anything else ends it at once. What is left is: read from the content's own descriptor,
//! write to the two pipes, allocate memory that cannot be executed, wait for its own thread, end. In particular no
//! file can be opened, so descriptors that were inherited by mistake are as good as closed: reading and writing are
//! allowed by descriptor number.

use std::collections::BTreeMap;
use std::io;
use std::os::fd::RawFd;

use rustix::process::{
    DumpableBehavior, Resource, Rlimit, Signal, getrlimit, set_dumpable_behavior, set_parent_process_death_signal,
    setrlimit,
};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
};
use serde::{Deserialize, Serialize};

/// Whether a worker may run where the kernel cannot confine it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sandbox {
    /// Better no measurement than one made without a sandbox.
    #[default]
    Required,
    /// The caps on memory and time hold; the rest where the kernel can. `status` and each record say so.
    BestEffort,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum SandboxError {
    #[error("the kernel refuses a cap: {0}")]
    Cap(#[from] io::Error),
    #[error("the kernel refuses the filter of system calls: {0}")]
    Filter(#[from] seccompiler::Error),
    #[error("no filter of system calls can be made for this machine: {0}")]
    Machine(#[from] seccompiler::BackendError),
}

/// Deeply nested files make decoders recurse deeply. What is not touched of this costs nothing.
const STACK_BYTES: u64 = 64 << 20;

/// Caps the whole process.
pub(super) fn cap(memory_bytes: u64, cpu_seconds: u64) -> Result<(), SandboxError> {
    let set = |resource, soft: u64, hard: u64| {
        setrlimit(resource, Rlimit { current: Some(soft), maximum: Some(hard) }).map_err(io::Error::from)
    };
    set(Resource::As, memory_bytes, memory_bytes)?;
    // The soft limit ends the process by a signal of its own, which tells it apart from a kill.
    set(Resource::Cpu, cpu_seconds, cpu_seconds.saturating_add(1))?;
    // The main thread's stack grows as far as the limit of the moment lets it.
    let stack = getrlimit(Resource::Stack);
    let most = stack.maximum.map_or(STACK_BYTES, |most| most.min(STACK_BYTES));
    set(Resource::Stack, most, most)?;
    set(Resource::Fsize, 0, 0)?;
    set(Resource::Core, 0, 0)?;
    // Enough for what is open already and the copy of the content's descriptor; nothing can be opened later.
    set(Resource::Nofile, 16, 16)?;
    set_dumpable_behavior(DumpableBehavior::NotDumpable).map_err(io::Error::from)?;
    // A worker does not outlive the thread that waits for it.
    set_parent_process_death_signal(Some(Signal::KILL)).map_err(io::Error::from)?;
    rustix::thread::set_no_new_privs(true).map_err(io::Error::from)?;
    Ok(())
}

/// Shuts off every system call that decoding does not need, for all threads. `content` stays readable.
pub(super) fn filter(content: RawFd) -> Result<(), SandboxError> {
    setrlimit(Resource::Nproc, Rlimit { current: Some(0), maximum: Some(0) }).map_err(io::Error::from)?;
    let program = program(content)?;
    seccompiler::apply_filter_all_threads(&program)?;
    Ok(())
}

fn program(content: RawFd) -> Result<BpfProgram, SandboxError> {
    let argument = |index: u8, operator: SeccompCmpOp, value: u64| {
        SeccompCondition::new(index, SeccompCmpArgLen::Dword, operator, value)
    };
    let first_is = |value: u64| SeccompRule::new(vec![argument(0, SeccompCmpOp::Eq, value)?]);
    let content = u64::from(content.unsigned_abs());
    let own = u64::from(std::process::id());
    // No page may become code, and none is shared with a file: what is written there would be written to the file.
    let no_code = || argument(2, SeccompCmpOp::MaskedEq(PROT_EXEC), 0);
    let not_shared = argument(3, SeccompCmpOp::MaskedEq(MAP_SHARED), 0)?;

    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = BTreeMap::new();
    rules.insert(libc::SYS_read, vec![first_is(content)?]);
    rules.insert(libc::SYS_pread64, vec![first_is(content)?]);
    rules.insert(libc::SYS_write, vec![first_is(1)?, first_is(2)?]);
    rules.insert(libc::SYS_mmap, vec![SeccompRule::new(vec![no_code()?, not_shared])?]);
    rules.insert(libc::SYS_mprotect, vec![SeccompRule::new(vec![no_code()?])?]);
    // `abort` signals its own thread, and nobody else may be signalled.
    rules.insert(libc::SYS_tgkill, vec![first_is(own)?]);
    // Closing a file asks first whether it is open, in builds with assertions.
    let ask = argument(1, SeccompCmpOp::Eq, u64::from(libc::F_GETFD.unsigned_abs()))?;
    rules.insert(libc::SYS_fcntl, vec![SeccompRule::new(vec![ask])?]);
    for allowed in [
        libc::SYS_brk,
        libc::SYS_clock_gettime,
        libc::SYS_close,
        libc::SYS_exit,
        libc::SYS_exit_group,
        libc::SYS_futex,
        libc::SYS_getpid,
        libc::SYS_getrandom,
        libc::SYS_gettid,
        libc::SYS_madvise,
        libc::SYS_mremap,
        libc::SYS_munmap,
        libc::SYS_restart_syscall,
        libc::SYS_rt_sigaction,
        libc::SYS_rt_sigprocmask,
        libc::SYS_rt_sigreturn,
        libc::SYS_sched_getaffinity,
        libc::SYS_sched_yield,
        libc::SYS_sigaltstack,
    ] {
        rules.insert(allowed, Vec::new());
    }
    let filter = SeccompFilter::new(
        rules,
        SeccompAction::KillProcess,
        SeccompAction::Allow,
        std::env::consts::ARCH.try_into()?,
    )?;
    Ok(filter.try_into()?)
}

/// Of `mmap` and `mprotect`, from the kernel's `mman-common.h`.
const PROT_EXEC: u64 = 4;
/// Of `mmap`, from the kernel's `mman.h`: the bit that both kinds of shared mapping have.
const MAP_SHARED: u64 = 1;

#[cfg(test)]
mod tests;
