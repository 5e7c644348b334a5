/*
 * Channel: a ring of elements, and two queues, of those who wait to send and of
 * those who wait to receive, all under one guard. Waiting for one channel is
 * waiting for several (select) with one.
 *
 *   1. Lock the guards of all channels, in the order of their addresses.
 *   2. Beginning at a random one, look for an operation that can be done:
 *        send:  a receiver waits: put the element where it wants it; or there
 *               is room in the ring.
 *        recv:  there is an element in the ring, and if a sender waits, its
 *               element takes the place; or no ring, and a sender waits: take it.
 *        closed: send fails; recv does when the ring is empty.
 *      Done: release the guards, make whoever was waiting runnable.
 *   3. Else put a node into the queue of each channel and park, which releases
 *      the guards.
 *   4. Whoever takes a node out of a queue to serve it claims the select by an
 *      exchange of its word. Only the first one gets it, and does the
 *      operation, under its channel's guard. A timer or a cancellation claims
 *      it the same way. The winner makes the thread runnable.
 *   5. The thread, running again, waits until step 3 is over, and takes its
 *      other nodes out, under the guards.
 *
 * A waiter cannot be missed: steps 2 and 3 are under the guards that everybody
 * has to take.
 *
 * A channel may be destroyed by whoever knows that nobody will use it again:
 * a claimer makes the thread runnable after it has released the guard.
 */
#include "sync/waitq.h"

struct chan {
	mni_spinlock guard;
	uint32_t closed; /* guard; 0, or the error's number that it gives from now on */
	char *ring;      /* from init on */
	size_t size;     /* from init on: of an element */
	size_t room;     /* from init on: elements in the ring */
	size_t first; /* guard, as all below */
	size_t count;
	struct node *senders, *last_sender;
	struct node *receivers, *last_receiver;
};

#define OPEN 0u
#define CLAIMED 1u

struct select {
	struct mni_wait wait; /* first */
	struct mn_chan_op *ops;
	unsigned n;
	unsigned done;          /* the winner's: which one */
	_Atomic uint32_t state; /* OPEN until somebody has won */
	mni_spinlock guard;     /* held until the thread has parked */
};

/* Lies in an operation. */
struct node {
	struct node *next, *prev; /* the guard of its channel */
	struct select *select;
	struct mn_chan_op *op;
	bool queued; /* guard */
};

_Static_assert(sizeof(struct chan) <= sizeof(struct mn_chan), "must fit the public type");
_Static_assert(sizeof(struct node) <= sizeof((struct mn_chan_op *)0)->reserved, "must fit");

static struct chan *chan_of(struct mn_chan_op *op)
{
	return (struct chan *)op->chan;
}

static struct node *node_of(struct mn_chan_op *op)
{
	return (struct node *)op->reserved;
}

/* --- a channel's queues, under its guard --- */

static struct node **head(struct chan *c, bool send)
{
	return send ? &c->senders : &c->receivers;
}

static struct node **tail(struct chan *c, bool send)
{
	return send ? &c->last_sender : &c->last_receiver;
}

static void enqueue(struct chan *c, struct node *n)
{
	bool send = n->op->send;

	n->queued = true;
	n->next = NULL;
	n->prev = *tail(c, send);
	*(n->prev ? &n->prev->next : head(c, send)) = n;
	*tail(c, send) = n;
}

static void dequeue(struct chan *c, struct node *n)
{
	bool send = n->op->send;

	n->queued = false;
	*(n->prev ? &n->prev->next : head(c, send)) = n->next;
	*(n->next ? &n->next->prev : tail(c, send)) = n->prev;
}

/* Step 4. */
static bool claim(struct select *s)
{
	return mni_exchange(&s->state, CLAIMED, acq_rel) == OPEN;
}

/* The first sender or receiver that is still to be had, claimed, or NULL. */
static struct node *take(struct chan *c, bool send)
{
	struct node *n;

	while ((n = *head(c, send))) {
		dequeue(c, n);
		if (claim(n->select))
			return n;
	}
	return NULL;
}

static struct mni_wait *served(struct node *n, int result)
{
	n->op->result = result;
	n->select->done = (unsigned)(n->op - n->select->ops);
	return &n->select->wait;
}

/* --- operations, under the guard --- */

static void copy(struct chan *c, void *to, const void *from)
{
	if (to && c->size)
		mn_plat_copy(to, from, c->size);
}

static char *place(struct chan *c, size_t i)
{
	size_t at = c->first + i;

	return c->ring + (at < c->room ? at : at - c->room) * c->size;
}

/* Step 2. False: not now. *wake: who has been served by it, or NULL. */
static bool try_send(struct chan *c, struct mn_chan_op *op, struct mni_wait **wake)
{
	struct node *n;

	op->result = 0;
	if (c->closed) {
		op->result = -(int)c->closed;
	} else if ((n = take(c, false))) {
		copy(c, n->op->value, op->value);
		*wake = served(n, 0);
	} else if (c->count < c->room) {
		copy(c, place(c, c->count++), op->value);
	} else {
		return false;
	}
	return true;
}

static bool try_recv(struct chan *c, struct mn_chan_op *op, struct mni_wait **wake)
{
	struct node *n;

	op->result = 0;
	if (c->count) {
		copy(c, op->value, place(c, 0));
		c->first = c->first + 1 < c->room ? c->first + 1 : 0;
		c->count--;
		if ((n = take(c, true))) {
			copy(c, place(c, c->count++), n->op->value);
			*wake = served(n, 0);
		}
	} else if ((n = take(c, true))) {
		copy(c, op->value, n->op->value);
		*wake = served(n, 0);
	} else if (c->closed) {
		op->result = -(int)c->closed;
	} else {
		return false;
	}
	return true;
}

static bool try_op(struct mn_chan_op *op, struct mni_wait **wake)
{
	return op->send ? try_send(chan_of(op), op, wake) : try_recv(chan_of(op), op, wake);
}

/* --- select --- */

/* The channel with the next higher address, or NULL; for NULL the lowest. */
static struct chan *next_chan(struct mn_chan_op *ops, unsigned n, struct chan *after)
{
	struct chan *next = NULL;

	for (unsigned i = 0; i < n; i++) {
		struct chan *c = chan_of(&ops[i]);

		if ((uintptr_t)c > (uintptr_t)after && (!next || (uintptr_t)c < (uintptr_t)next))
			next = c;
	}
	return next;
}

/* Step 1. */
static void lock_all(struct mn_chan_op *ops, unsigned n)
{
	for (struct chan *c = next_chan(ops, n, NULL); c; c = next_chan(ops, n, c))
		mni_spin_lock(&c->guard);
}

static void unlock_all(struct mn_chan_op *ops, unsigned n)
{
	for (struct chan *c = next_chan(ops, n, NULL); c; c = next_chan(ops, n, c))
		mni_spin_unlock(&c->guard);
}

static void parked(struct mni_worker *w, void *arg)
{
	struct select *s = arg;
	bool timed = s->wait.timed;

	unlock_all(s->ops, s->n);
	mni_spin_unlock(&s->guard); /* step 5 waits for this: s may be gone now */
	if (timed)
		mni_timers_keep_up(w);
}

/* By timer or cancellation. The nodes stay for step 5. */
static bool withdraw(struct mni_wait *x, int result)
{
	struct select *s = (struct select *)x;
	bool ok;

	mni_spin_lock(&s->guard);
	ok = claim(s);
	if (ok)
		x->result = result;
	mni_spin_unlock(&s->guard);
	return ok;
}

/* Step 5. */
static void take_out(struct mn_chan_op *ops, unsigned n)
{
	lock_all(ops, n);
	for (unsigned i = 0; i < n; i++)
		if (ops[i].chan && node_of(&ops[i])->queued)
			dequeue(chan_of(&ops[i]), node_of(&ops[i]));
	unlock_all(ops, n);
}

/* Steps 3 to 5. The guards are held. */
static int wait_for_any(struct select *s)
{
	struct mn_thread *t = s->wait.thread;

	for (unsigned i = 0; i < s->n; i++) {
		struct node *n = node_of(&s->ops[i]);

		n->select = s;
		n->op = &s->ops[i];
		if (s->ops[i].chan)
			enqueue(chan_of(&s->ops[i]), n);
	}
	mni_wait_note(&s->wait); /* before anybody may claim it */
	if (s->wait.cancellable && !mni_wait_open(&s->wait)) {
		claim(s);
		mni_store(&t->waits, 0, relaxed);
		unlock_all(s->ops, s->n);
		mni_spin_unlock(&s->guard);
		mni_wait_close(t);
		take_out(s->ops, s->n);
		return -MNI_ECANCELED;
	}
	if (s->wait.timed)
		mni_timer_arm(&s->wait.timer, mni_self());
	mni_park(NULL, parked, s);
	while (mni_load(&s->guard, acquire))
		mn_arch_relax();
	if (s->wait.result || s->n > 1)
		take_out(s->ops, s->n);
	return s->wait.result;
}

static uint64_t what(struct mn_chan_op *ops, unsigned n)
{
	if (n == 1)
		return mni_waits(ops->send ? MNI_WAITS_SEND : MNI_WAITS_RECV, ops->chan);
	return mni_waits(MNI_WAITS_SELECT, ops);
}

enum patience { NOT_AT_ALL, UNTIL, FOR_EVER };

static int choose(struct mn_chan_op *ops, unsigned n, enum patience patience,
		  const struct mni_until *until)
{
	struct mni_worker *w = mni_self();
	struct mni_wait *wake = NULL;
	unsigned first = w && n > 1 ? (unsigned)(mni_random(w) % n) : 0;
	struct select s;
	int result;

	if (w && patience != NOT_AT_ALL && mni_cancel_due(w->current))
		mn_thread_exit(MN_CANCELED);
	lock_all(ops, n);
	for (unsigned i = 0; i < n; i++) {
		unsigned at = first + i < n ? first + i : first + i - n;

		if (ops[at].chan && try_op(&ops[at], &wake)) {
			unlock_all(ops, n);
			if (wake)
				mni_wake(wake);
			return (int)at;
		}
	}
	if (patience == NOT_AT_ALL) {
		unlock_all(ops, n);
		return -MNI_EAGAIN;
	}
	mni_wait_init(&s.wait, mni_worker_to_wait(), what(ops, n), withdraw);
	s.ops = ops;
	s.n = n;
	mni_store(&s.state, OPEN, relaxed);
	mni_store(&s.guard, 1, relaxed);
	result = mni_wait_limit(&s.wait, until, true);
	if (result)
		unlock_all(ops, n);
	else
		result = wait_for_any(&s);
	if (result == -MNI_ECANCELED)
		mn_thread_exit(MN_CANCELED);
	return result ? result : (int)s.done;
}

int mn_chan_select(struct mn_chan_op *ops, unsigned n)
{
	return choose(ops, n, FOR_EVER, NULL);
}

int mn_chan_select_until(struct mn_chan_op *ops, unsigned n, enum mn_clock clock, uint64_t ns)
{
	return choose(ops, n, UNTIL, &(struct mni_until){clock, ns});
}

int mn_chan_try_select(struct mn_chan_op *ops, unsigned n)
{
	return choose(ops, n, NOT_AT_ALL, NULL);
}

/* --- one channel --- */

static int one(struct mn_chan *c, bool send, void *value, enum patience patience,
	       const struct mni_until *until)
{
	struct mn_chan_op op = {.chan = c, .value = value, .send = send};
	int at = choose(&op, 1, patience, until);

	return at < 0 ? at : op.result;
}

int mn_chan_send(struct mn_chan *c, const void *value)
{
	return one(c, true, (void *)value, FOR_EVER, NULL);
}

int mn_chan_send_until(struct mn_chan *c, const void *value, enum mn_clock clock, uint64_t ns)
{
	return one(c, true, (void *)value, UNTIL, &(struct mni_until){clock, ns});
}

int mn_chan_try_send(struct mn_chan *c, const void *value)
{
	return one(c, true, (void *)value, NOT_AT_ALL, NULL);
}

int mn_chan_recv(struct mn_chan *c, void *value)
{
	return one(c, false, value, FOR_EVER, NULL);
}

int mn_chan_recv_until(struct mn_chan *c, void *value, enum mn_clock clock, uint64_t ns)
{
	return one(c, false, value, UNTIL, &(struct mni_until){clock, ns});
}

int mn_chan_try_recv(struct mn_chan *c, void *value)
{
	return one(c, false, value, NOT_AT_ALL, NULL);
}

int mn_chan_init(struct mn_chan *public, void *buffer, size_t size, size_t room)
{
	size_t bytes;

	if ((room && !buffer && size) || __builtin_mul_overflow(size, room, &bytes))
		return -MNI_EINVAL;
	*public = (struct mn_chan){0};
	*(struct chan *)public = (struct chan){.ring = buffer, .size = size, .room = room};
	return 0;
}

int mn_chan_close(struct mn_chan *public)
{
	struct chan *c = (struct chan *)public;
	uint32_t before;
	struct node *n;

	mni_spin_lock(&c->guard);
	before = c->closed;
	if (!before)
		c->closed = MNI_EPIPE;
	mni_spin_unlock(&c->guard);
	if (before)
		return -(int)before;
	do {
		struct mni_wait *wake;

		mni_spin_lock(&c->guard);
		n = take(c, true);
		if (!n)
			n = take(c, false);
		wake = n ? served(n, -MNI_EPIPE) : NULL;
		mni_spin_unlock(&c->guard);
		if (wake)
			mni_wake(wake);
	} while (n);
	return 0;
}

size_t mn_chan_count(struct mn_chan *public)
{
	struct chan *c = (struct chan *)public;
	size_t count;

	mni_spin_lock(&c->guard);
	count = c->count;
	mni_spin_unlock(&c->guard);
	return count;
}

int mn_chan_destroy(struct mn_chan *public)
{
	struct chan *c = (struct chan *)public;
	int error = 0;

	mni_spin_lock(&c->guard);
	if (c->closed == MNI_EINVAL) {
		error = -MNI_EINVAL;
	} else if (c->senders || c->receivers) {
		error = -MNI_EBUSY;
	} else {
		c->closed = MNI_EINVAL;
		c->count = 0; /* what is left is dropped */
	}
	mni_spin_unlock(&c->guard);
	return error;
}
