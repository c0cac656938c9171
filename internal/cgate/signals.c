// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

// Who handles a fault. The Go runtime of a c-shared library installs its signal
// handlers over the server's while the library is loaded. With a goroutine that
// lives on the server's main thread it would take every fault of that thread for
// its own, those of the server's C code included, and the runtime of a second Go
// module would take the first one's. So the handlers from before our runtime are
// remembered, and one router goes by the faulting instruction: in our own Go
// text it is Go's, anywhere else it belongs to whoever was there before.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>
#if defined(__GLIBC__)
#include <execinfo.h>
#endif

#include "cgate.h"

#define FAULTS 3
static const int faults[FAULTS] = {SIGSEGV, SIGBUS, SIGFPE};

static struct sigaction before[NSIG]; // handlers from before our Go runtime
static struct sigaction go[NSIG];     // Go's own
static uintptr_t text_lo, text_hi;    // our Go text
static int installed;

// rm_signals_note notes who handles signals before Go starts.
void rm_signals_note(void) {
	for (int i = 0; i < FAULTS; i++) sigaction(faults[i], NULL, &before[faults[i]]);
	sigaction(SIGURG, NULL, &before[SIGURG]);
	sigaction(SIGPIPE, NULL, &before[SIGPIPE]);
	rm_threads_before();
}

// Where Go's start is one of the library's initialisers (start.c), it is one without a
// priority.
__attribute__((constructor(101))) static void note_at_load(void) { rm_signals_note(); }

static uintptr_t fault_pc(const void *context) {
	const ucontext_t *uc = context;
#if defined(__linux__) && defined(__x86_64__)
	return (uintptr_t)uc->uc_mcontext.gregs[REG_RIP];
#elif defined(__linux__) && defined(__aarch64__)
	return (uintptr_t)uc->uc_mcontext.pc;
#else
	(void)uc;
	return 0;
#endif
}

static int has_handler(const struct sigaction *a) {
	return (a->sa_flags & SA_SIGINFO) || (a->sa_handler != SIG_DFL && a->sa_handler != SIG_IGN);
}

// run calls a handler as the kernel would have: with its mask, and reset first
// when it asked for that.
static void run(struct sigaction *a, int sig, siginfo_t *info, void *context) {
	sigset_t mask;
	struct sigaction act = *a;
	if (!has_handler(a)) {
		if (a->sa_handler == SIG_IGN && sig != SIGSEGV && sig != SIGBUS && sig != SIGFPE) return;
		// The default of a fault is to die of it: on return the instruction faults
		// again.
		signal(sig, SIG_DFL);
		return;
	}
	if (act.sa_flags & SA_RESETHAND) signal(sig, SIG_DFL);
	mask = ((ucontext_t *)context)->uc_sigmask;
	for (int s = 1; s < NSIG; s++)
		if (sigismember(&act.sa_mask, s) == 1) sigaddset(&mask, s);
	if (!(act.sa_flags & SA_NODEFER)) sigaddset(&mask, sig);
	pthread_sigmask(SIG_SETMASK, &mask, NULL);
	if (act.sa_flags & SA_SIGINFO) act.sa_sigaction(sig, info, context);
	else act.sa_handler(sig);
}

static uintptr_t interrupted_sp(const void *context) {
	const ucontext_t *uc = context;
#if defined(__linux__) && defined(__x86_64__)
	return (uintptr_t)uc->uc_mcontext.gregs[REG_RSP];
#elif defined(__linux__) && defined(__aarch64__)
	return (uintptr_t)uc->uc_mcontext.sp;
#else
	(void)uc;
	return 0;
#endif
}

// Handlers of SIGURG that came after ours: of Go libraries without this binding.
enum { OTHERS = 16 };
static struct sigaction others[OTHERS];
static volatile int others_n;

// called_by_go tells whether the fault is in C that Go has called on the server's thread:
// among the callers there is our Go text, which unwinding ends at. The server unwinds in its
// crash report, too.
static int called_by_go(void) {
#if defined(__GLIBC__)
	void *frames[128];
	if (!rm_on_main_thread()) return 0;
	int n = backtrace(frames, 128);
	for (int i = 0; i < n; i++)
		if ((uintptr_t)frames[i] >= text_lo && (uintptr_t)frames[i] < text_hi) return 1;
#endif
	return 0;
}

static void route_fault(int sig, siginfo_t *info, void *context) {
	uintptr_t pc = fault_pc(context);
	// A fault that somebody sent (kill -SEGV) is the server's.
	if (info->si_code > 0 && pc >= text_lo && pc < text_hi) {
		go[sig].sa_sigaction(sig, info, context);
		return;
	}
	// The process is about to end. To write to the log here is what the crash report does next.
	if (info->si_code > 0 && called_by_go()) rm_log_crash();
	run(&before[sig], sig, info, context);
}

static int (*release_now)(uintptr_t sp); // NULL where there is no resident goroutine

uint64_t rm_releases; // how often the P was given away that way

// BELOW is how far below the interrupted frame a release begins: past the red zone.
#define BELOW 4096

// SIGURG is how a Go runtime preempts its own threads. Each runtime ignores it on
// threads that are not its own, so all of them get it. When it finds the server's
// thread in C, Go cannot have what it asks for from the goroutine that waits there;
// so the goroutine gives its P away.
// SAFETY(U22): the interrupted instruction is outside of this library's Go text, so
// in none of those that change the state; the release runs on the thread's own stack
// (it may be on a goroutine's of another Go module, which is small), below the
// interrupted frame, with all signals blocked (route), since a nested one
// would begin at the top of the signal stack, over this frame.
static void route_urgent(int sig, siginfo_t *info, void *context) {
	int saved = errno;
	go[sig].sa_sigaction(sig, info, context);
	if (before[sig].sa_flags & SA_SIGINFO) before[sig].sa_sigaction(sig, info, context);
	for (int i = 0; i < others_n; i++) others[i].sa_sigaction(sig, info, context);
	uintptr_t pc = fault_pc(context), sp = (interrupted_sp(context) - BELOW) & ~(uintptr_t)15;
	if (release_now != NULL && (pc < text_lo || pc >= text_hi) && rm_on_main_thread() && sp > rm_main_lo && sp < rm_main_hi &&
		release_now(sp) == 0)
		rm_releases++;
	errno = saved;
}

static void route(int sig, void (*handler)(int, siginfo_t *, void *)) {
	struct sigaction act;
	if (sigaction(sig, NULL, &act) != 0 || !(act.sa_flags & SA_SIGINFO)) return;
	if (act.sa_sigaction == handler) return;
	go[sig] = act; // Go's mask and flags serve the router as well
	act.sa_sigaction = handler;
	if (sig == SIGURG) sigfillset(&act.sa_mask);
	sigaction(sig, &act, NULL);
}

// rm_signals_install puts the router over Go's handlers. lo and hi are the bounds
// of our Go text. It is called at the beginning of every load, before code of the module
// runs: what stands on top of a first load is Go's. At later ones the server or another
// module may have changed it.
void rm_signals_install(uintptr_t lo, uintptr_t hi) {
	if (installed) {
		rm_signals_check();
		return;
	}
#if defined(__GLIBC__)
	// The first backtrace of a process loads the unwinder's library. Newer servers
	// take one of every thread, all at once, in signal handlers, where loading can
	// end in a deadlock: the crash report then never ends.
	void *frame;
	backtrace(&frame, 1);
#endif
	text_lo = lo;
	text_hi = hi;
	for (int i = 0; i < FAULTS; i++) route(faults[i], route_fault);
	route(SIGURG, route_urgent);
	// Ignored in the kernel is cheaper than ignored by a handler.
	if (!has_handler(&before[SIGPIPE]) && before[SIGPIPE].sa_handler == SIG_IGN) signal(SIGPIPE, SIG_IGN);
	installed = 1;
}

// rm_signals_release says what gives the P away: releaseNow, or 0 where there is no
// resident goroutine.
void rm_signals_release(uintptr_t now) { release_now = (int (*)(uintptr_t))now; }

// redismodule_signal_before tells the routers of other modules who comes behind
// this one. It is exported, but a module's symbols are its own: they are found by
// its file only.
__attribute__((visibility("default"))) const struct sigaction *redismodule_signal_before(int sig) {
	return &before[sig];
}

// follower returns who comes behind a handler that is the router of another Go
// module, or NULL when it is no router.
static const struct sigaction *follower(const struct sigaction *act, int sig) {
	Dl_info info;
	if (!(act->sa_flags & SA_SIGINFO) || dladdr((void *)act->sa_sigaction, &info) == 0) return NULL;
	void *lib = dlopen(info.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
	if (lib == NULL) return NULL;
	const struct sigaction *(*next)(int) = (const struct sigaction *(*)(int))dlsym(lib, "redismodule_signal_before");
	dlclose(lib);
	return next != NULL ? next(sig) : NULL;
}

static uintptr_t server_code; // a function of the server's

void rm_signals_server(uintptr_t function) { server_code = function; }

// is_servers tells whether a handler is part of the server's program.
static int is_servers(const struct sigaction *act) {
	Dl_info handler, server;
	return dladdr((void *)act->sa_sigaction, &handler) != 0 && dladdr((void *)server_code, &server) != 0 &&
		handler.dli_fbase == server.dli_fbase;
}

// is_passed_on tells whether a fault gets to our router when act is the first
// to have it. The server's crash handlers pass nothing on. A handler that we know
// nothing of may do so, and to put ourselves in front of it would close a circle.
static int is_passed_on(const struct sigaction *act, int sig) {
	for (int i = 0; i < 64; i++) {
		if (!(act->sa_flags & SA_SIGINFO) || is_servers(act)) return 0;
		if (act->sa_sigaction == route_fault) return 1;
		act = follower(act, sig);
		if (act == NULL) return 1;
	}
	return 1;
}

// In a forked child, what ends Go's fatal errors: they have written their reason and
// trace, and the server's crash report has nothing to add. Whoever else aborts gets it.
static struct sigaction abort_before;

static void child_aborted(int sig, siginfo_t *info, void *context) {
	uintptr_t pc = fault_pc(context);
	if (info->si_code != SI_USER && pc >= text_lo && pc < text_hi) rm_child_failed();
	run(&abort_before, sig, info, context);
}

void rm_signals_child(void) {
	struct sigaction act;
	memset(&act, 0, sizeof act);
	act.sa_sigaction = child_aborted;
	act.sa_flags = SA_SIGINFO | SA_ONSTACK;
	sigfillset(&act.sa_mask);
	sigaction(SIGABRT, &act, &abort_before);
}

// is_go tells whether a handler belongs to a Go library.
static int is_go(const struct sigaction *act) {
	Dl_info info;
	if (dladdr((void *)act->sa_sigaction, &info) == 0) return 0;
	void *lib = dlopen(info.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
	if (lib == NULL) return 0;
	int yes = dlsym(lib, "_cgo_get_context_function") != NULL;
	dlclose(lib);
	return yes;
}

// A Go library that comes after ours takes SIGURG. One with this binding passes it on;
// one without it does not, and then Go could not ask the server's thread for its P any
// more. So ours goes back to the top, and calls theirs. Go's own handler passes this
// signal to nobody, so there is no circle; other handlers are left alone.
static void check_urgent(void) {
	struct sigaction top, *act = &top;
	const struct sigaction *next = &top;
	if (sigaction(SIGURG, NULL, act) != 0 || !(act->sa_flags & SA_SIGINFO)) return;
	for (int i = 0; i < 64 && next != NULL && (next->sa_flags & SA_SIGINFO); i++) {
		if (next->sa_sigaction == route_urgent) return;
		next = follower(next, SIGURG);
	}
	if (follower(act, SIGURG) != NULL || !is_go(act) || others_n == OTHERS) return;
	others[others_n] = *act;
	others_n++;
	*act = go[SIGURG];
	act->sa_sigaction = route_urgent;
	sigfillset(&act->sa_mask);
	sigaction(SIGURG, act, NULL);
}

// rm_signals_check follows handlers that the server changed after our load: crash
// handlers that it installs or removes, and any handler that asks for no signal
// stack (the software watchdog, SIGTERM with the crash handlers): it would run on a
// goroutine's stack of a few kilobytes. What is there at our load, Go's own start
// has dealt with. The server's events "config changed" and "module loaded" call it.
void rm_signals_check(void) {
	struct sigaction act;
	if (installed) check_urgent();
	for (int i = 0; installed && i < FAULTS; i++) {
		int sig = faults[i];
		if (sigaction(sig, NULL, &act) != 0 || is_passed_on(&act, sig)) continue;
		before[sig] = act;
		act = go[sig];
		act.sa_sigaction = route_fault;
		sigaction(sig, &act, NULL);
	}
	for (int sig = 1; sig < NSIG; sig++) {
		if (sigaction(sig, NULL, &act) != 0 || !has_handler(&act) || (act.sa_flags & SA_ONSTACK)) continue;
		act.sa_flags |= SA_ONSTACK;
		sigaction(sig, &act, NULL);
	}
}

#define SIGNAL_STACK ((size_t)8 << 20)

// rm_signal_stack gives the calling thread, the server's main thread, a signal
// stack on which a crash report has room: Go would leave it with 32 KiB, and the
// server's memory test alone has a frame of 1 MiB. It must run before the
// thread's first call into Go, which adopts what is there. A file mapping,
// because the memory test writes to anonymous ones.
void rm_signal_stack(void) {
#if defined(__linux__) && defined(SYS_memfd_create)
	stack_t now, mine;
	if (sigaltstack(NULL, &now) != 0) return;
	if (!(now.ss_flags & SS_DISABLE) && now.ss_size >= SIGNAL_STACK / 2) return;
	if (now.ss_flags & SS_ONSTACK) return;
	int fd = (int)syscall(SYS_memfd_create, "redismodule-signal-stack", 1u /* close on exec */);
	if (fd < 0) return;
	if (ftruncate(fd, (off_t)SIGNAL_STACK) == 0) {
		void *p = mmap(NULL, SIGNAL_STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
		if (p != MAP_FAILED) {
			memset(&mine, 0, sizeof mine);
			mine.ss_sp = p;
			mine.ss_size = SIGNAL_STACK;
			if (sigaltstack(&mine, NULL) != 0) munmap(p, SIGNAL_STACK);
		}
	}
	close(fd);
#endif
}
