/*
 * Unwinding by the tables that compilers leave for exceptions (.eh_frame: DWARF 5,
 * section 6.4; Linux Standard Base, "Exception Frames"). libgcc's unwinder takes locks and
 * follows whatever it finds; this one reads a stack's copy, within its bounds, and the
 * tables, and nothing else, so it may be used in a signal's handler and on a stack
 * that is changing.
 *
 * Left out is what no compiler's code for these machines has: register pairs, most
 * operations of expressions, tables in other than the usual encodings. Unwinding ends there.
 */
#define _GNU_SOURCE
#include <stddef.h>
#include <string.h>

#include "diag/diag.h"

#include "context.h"

#define REGS MN_ARCH_DWARF_REGS

enum rule_kind { SAME, UNDEFINED, AT_OFFSET, IS_OFFSET, REGISTER, AT_EXPRESSION, IS_EXPRESSION };

struct rule {
	uint8_t kind;
	int64_t v; /* offset from the frame's address, register, or address of an expression */
};

struct row {
	struct rule reg[REGS];
	struct rule cfa; /* REGISTER with offset below, or IS_EXPRESSION */
	int64_t cfa_offset;
};

#define NESTED 4 /* remembered rows */

struct table {
	const uint8_t *cie, *cie_end, *fde, *fde_end; /* instructions */
	uint64_t start;                               /* the function's first address */
	uint64_t code_align;
	int64_t data_align;
	uint64_t return_column;
	uint8_t pointer;
	bool augmented, signal;
};

/* --- numbers --- */

static uint64_t fixed(const uint8_t **p, unsigned bytes)
{
	uint64_t v = 0;

	memcpy(&v, *p, bytes);
	*p += bytes;
	return v;
}

static uint64_t uleb(const uint8_t **p)
{
	uint64_t v = 0;

	for (unsigned shift = 0;; shift += 7) {
		uint8_t b = *(*p)++;

		if (shift < 64)
			v |= (uint64_t)(b & 0x7f) << shift;
		if (!(b & 0x80))
			return v;
	}
}

static int64_t sleb(const uint8_t **p)
{
	uint64_t v = 0;
	unsigned shift = 0;
	uint8_t b;

	do {
		b = *(*p)++;
		if (shift < 64)
			v |= (uint64_t)(b & 0x7f) << shift;
		shift += 7;
	} while (b & 0x80);
	if (shift < 64 && b & 0x40)
		v |= ~(uint64_t)0 << shift;
	return (int64_t)v;
}

/* A pointer by its encoding; false: an unusual one. */
static bool pointer(const uint8_t **p, uint8_t encoding, uint64_t *v)
{
	uint64_t at = (uintptr_t)*p;

	switch (encoding & 0x0f) {
	case 0x00:
	case 0x04:
	case 0x0c:
		*v = fixed(p, 8);
		break;
	case 0x03:
		*v = fixed(p, 4);
		break;
	case 0x0b:
		*v = (uint64_t)(int32_t)fixed(p, 4);
		break;
	case 0x02:
		*v = fixed(p, 2);
		break;
	case 0x0a:
		*v = (uint64_t)(int16_t)fixed(p, 2);
		break;
	default:
		return false;
	}
	switch (encoding & 0x70) {
	case 0x00:
		return true;
	case 0x10:
		*v += at;
		return true;
	default:
		return false;
	}
}

/* --- tables --- */

static bool read_cie(const uint8_t *p, struct table *t)
{
	uint32_t length = (uint32_t)fixed(&p, 4);
	const uint8_t *end = p + length;
	const uint8_t *augmentation_end;
	const char *a;
	uint64_t skipped;
	uint8_t version;

	if (length >= 0xfffffff0u || fixed(&p, 4))
		return false;
	version = *p++;
	a = (const char *)p;
	p += strlen(a) + 1;
	t->code_align = uleb(&p);
	t->data_align = sleb(&p);
	t->return_column = version == 1 ? *p++ : uleb(&p);
	t->pointer = 0;
	t->signal = false;
	t->augmented = *a == 'z';
	if (*a && !t->augmented)
		return false;
	if (t->augmented) {
		uint64_t n = uleb(&p);

		augmentation_end = p + n;
		while (*++a) {
			switch (*a) {
			case 'R':
				t->pointer = *p++;
				break;
			case 'L':
				p++;
				break;
			case 'S':
				t->signal = true;
				break;
			case 'B':
			case 'G':
				break;
			case 'P': {
				uint8_t encoding = *p++;

				if (!pointer(&p, encoding & 0x7f, &skipped))
					return false;
				break;
			}
			default:
				return false;
			}
		}
		p = augmentation_end;
	}
	t->cie = p;
	t->cie_end = end;
	return true;
}

static bool read_fde(const uint8_t *p, uint64_t pc, struct table *t)
{
	uint32_t length = (uint32_t)fixed(&p, 4);
	const uint8_t *end = p + length;
	const uint8_t *at = p;
	uint32_t back = (uint32_t)fixed(&p, 4);
	uint64_t bytes;

	if (length >= 0xfffffff0u || !back || !read_cie(at - back, t) ||
	    !pointer(&p, t->pointer, &t->start) || !pointer(&p, t->pointer & 0x0f, &bytes))
		return false;
	if (pc < t->start || pc >= t->start + bytes)
		return false;
	if (t->augmented) {
		uint64_t n = uleb(&p);

		p += n;
	}
	t->fde = p;
	t->fde_end = end;
	return true;
}

/* By the sorted table that the linker has made. */
static bool find(uint64_t pc, struct table *t)
{
	const struct diag_object *o = diag_object_of(pc);
	const uint8_t *h = o ? o->eh_frame_hdr : NULL;
	const uint8_t *p = h + 8;
	struct {
		int32_t start, fde;
	} entry;
	uint64_t lo = 0;
	uint64_t hi;

	if (!h || h[0] != 1 || h[1] != 0x1b || h[2] != 0x03 || h[3] != 0x3b)
		return false;
	hi = fixed(&p, 4);
	if (!hi)
		return false;
	while (hi - lo > 1) { /* the last that begins at or before pc */
		uint64_t mid = lo + (hi - lo) / 2;

		memcpy(&entry, p + mid * sizeof entry, sizeof entry);
		if ((uintptr_t)h + (uint64_t)(int64_t)entry.start <= pc)
			lo = mid;
		else
			hi = mid;
	}
	memcpy(&entry, p + lo * sizeof entry, sizeof entry);
	return read_fde(h + entry.fde, pc, t);
}

/* --- the row for an address --- */

struct run {
	const struct table *t;
	struct row row, first, kept[NESTED];
	unsigned depth;
	uint64_t at;
};

static void set(struct run *x, uint64_t reg, enum rule_kind kind, int64_t v)
{
	if (reg < REGS)
		x->row.reg[reg] = (struct rule){(uint8_t)kind, v};
}

static int64_t expression(const uint8_t **p)
{
	const uint8_t *at = *p;
	uint64_t n = uleb(p);

	*p += n;
	return (int64_t)(uintptr_t)at;
}

/* Instructions up to pc. False: one that is not known. */
static bool interpret(struct run *x, const uint8_t *p, const uint8_t *end, uint64_t pc)
{
	const struct table *t = x->t;
	uint64_t reg;

	while (p < end) {
		uint8_t op = *p++;

		switch (op >> 6) {
		case 1:
			x->at += (op & 0x3f) * t->code_align;
			break;
		case 2:
			set(x, op & 0x3f, AT_OFFSET, (int64_t)uleb(&p) * t->data_align);
			continue;
		case 3:
			if ((op & 0x3f) < REGS)
				x->row.reg[op & 0x3f] = x->first.reg[op & 0x3f];
			continue;
		default:
			break;
		}
		if (op >> 6 == 0) {
			switch (op) {
			case 0x00:
				continue; /* nop */
			case 0x01:        /* set_loc */
				if (!pointer(&p, t->pointer, &x->at))
					return false;
				break;
			case 0x02:
				x->at += fixed(&p, 1) * t->code_align;
				break;
			case 0x03:
				x->at += fixed(&p, 2) * t->code_align;
				break;
			case 0x04:
				x->at += fixed(&p, 4) * t->code_align;
				break;
			case 0x05:
				reg = uleb(&p);
				set(x, reg, AT_OFFSET, (int64_t)uleb(&p) * t->data_align);
				continue;
			case 0x06:
				reg = uleb(&p);
				if (reg < REGS)
					x->row.reg[reg] = x->first.reg[reg];
				continue;
			case 0x07:
				set(x, uleb(&p), UNDEFINED, 0);
				continue;
			case 0x08:
				set(x, uleb(&p), SAME, 0);
				continue;
			case 0x09:
				reg = uleb(&p);
				set(x, reg, REGISTER, (int64_t)uleb(&p));
				continue;
			case 0x0a:
				if (x->depth == NESTED)
					return false;
				x->kept[x->depth++] = x->row;
				continue;
			case 0x0b:
				if (!x->depth)
					return false;
				x->row = x->kept[--x->depth];
				continue;
			case 0x0c:
				x->row.cfa = (struct rule){REGISTER, (int64_t)uleb(&p)};
				x->row.cfa_offset = (int64_t)uleb(&p);
				continue;
			case 0x0d:
				x->row.cfa = (struct rule){REGISTER, (int64_t)uleb(&p)};
				continue;
			case 0x0e:
				x->row.cfa_offset = (int64_t)uleb(&p);
				continue;
			case 0x0f:
				x->row.cfa = (struct rule){IS_EXPRESSION, expression(&p)};
				continue;
			case 0x10:
				reg = uleb(&p);
				set(x, reg, AT_EXPRESSION, expression(&p));
				continue;
			case 0x11:
				reg = uleb(&p);
				set(x, reg, AT_OFFSET, sleb(&p) * t->data_align);
				continue;
			case 0x12:
				x->row.cfa = (struct rule){REGISTER, (int64_t)uleb(&p)};
				x->row.cfa_offset = sleb(&p) * t->data_align;
				continue;
			case 0x13:
				x->row.cfa_offset = sleb(&p) * t->data_align;
				continue;
			case 0x14:
				reg = uleb(&p);
				set(x, reg, IS_OFFSET, (int64_t)uleb(&p) * t->data_align);
				continue;
			case 0x15:
				reg = uleb(&p);
				set(x, reg, IS_OFFSET, sleb(&p) * t->data_align);
				continue;
			case 0x16:
				reg = uleb(&p);
				set(x, reg, IS_EXPRESSION, expression(&p));
				continue;
			case 0x2d:
				continue; /* AArch64: whether return addresses are signed */
			case 0x2e:
				uleb(&p);
				continue; /* GNU: size of arguments */
			default:
				return false;
			}
		}
		if (x->at > pc)
			return true;
	}
	return true;
}

/* --- values --- */

static bool load(const struct diag_stack *s, uint64_t at, uint64_t *v)
{
	if (at < s->lo || s->hi < 8 || at > s->hi - 8)
		return false;
	memcpy(v, s->copy + (at - s->lo), 8);
	return true;
}

#define DEEP 16

static bool evaluate(int64_t where, const uint64_t *r, const struct diag_stack *s,
		     const uint64_t *cfa, uint64_t *v)
{
	const uint8_t *p = (const uint8_t *)(uintptr_t)where;
	uint64_t n = uleb(&p);
	const uint8_t *end = p + n;
	uint64_t stack[DEEP];
	unsigned d = 0;

	if (cfa)
		stack[d++] = *cfa;
	while (p < end) {
		uint8_t op = *p++;

		if (d == DEEP)
			return false;
		if (op >= 0x30 && op <= 0x4f) {
			stack[d++] = op - 0x30u;
		} else if (op >= 0x70 && op <= 0x8f) {
			if (op - 0x70u >= REGS)
				return false;
			stack[d++] = r[op - 0x70u] + (uint64_t)sleb(&p);
		} else if (op == 0x08) {
			stack[d++] = fixed(&p, 1);
		} else if (op == 0x0a) {
			stack[d++] = fixed(&p, 2);
		} else if (op == 0x06) {
			if (!d || !load(s, stack[d - 1], &stack[d - 1]))
				return false;
		} else if (op == 0x23) {
			if (!d)
				return false;
			stack[d - 1] += uleb(&p);
		} else if (op == 0x1a || op == 0x22 || op == 0x24 || op == 0x2a) {
			uint64_t b;

			if (d < 2)
				return false;
			b = stack[--d];
			switch (op) {
			case 0x1a:
				stack[d - 1] &= b;
				break;
			case 0x22:
				stack[d - 1] += b;
				break;
			case 0x24:
				stack[d - 1] = b < 64 ? stack[d - 1] << b : 0;
				break;
			default:
				stack[d - 1] = (int64_t)stack[d - 1] >= (int64_t)b;
			}
		} else {
			return false;
		}
	}
	if (!d)
		return false;
	*v = stack[d - 1];
	return true;
}

/* What the register was in the caller. */
static bool restore(const struct row *row, unsigned i, const uint64_t *r,
		    const struct diag_stack *s, uint64_t cfa, uint64_t *v)
{
	const struct rule *rule = &row->reg[i];
	uint64_t at;

	switch (rule->kind) {
	case AT_OFFSET:
		return load(s, cfa + (uint64_t)rule->v, v);
	case IS_OFFSET:
		*v = cfa + (uint64_t)rule->v;
		return true;
	case REGISTER:
		if ((uint64_t)rule->v >= REGS)
			return false;
		*v = r[rule->v];
		return true;
	case AT_EXPRESSION:
		return evaluate(rule->v, r, s, &cfa, &at) && load(s, at, v);
	case IS_EXPRESSION:
		return evaluate(rule->v, r, s, &cfa, v);
	default:
		*v = r[i];
		return true;
	}
}

/* --- frames --- */

/* Code without tables, if it keeps frame pointers: both architectures have the pair there. */
static bool by_frame_pointer(struct diag_registers *r, const struct diag_stack *s)
{
	uint64_t fp = r->r[MN_ARCH_DWARF_FP];
	uint64_t before;
	uint64_t pc;

	if (fp % 8 || fp < r->r[MN_ARCH_DWARF_SP] || !load(s, fp, &before) || !load(s, fp + 8, &pc))
		return false;
	r->r[MN_ARCH_DWARF_SP] = fp + 16;
	r->r[MN_ARCH_DWARF_FP] = before;
	r->pc = pc;
	r->exact = false;
	return true;
}

#if defined(__aarch64__)
/* The kernel's tables tell of the caller's frame alone; the interrupted context says all. */
static bool by_signal_frame(struct diag_registers *r, const struct diag_stack *s)
{
	static const uint32_t sigreturn[2] = {0xd2801168u, 0xd4000001u}; /* mov x8, 139; svc 0 */
	uint64_t at = r->r[MN_ARCH_DWARF_SP] + sizeof(siginfo_t);
	uint64_t sp = at + offsetof(ucontext_t, uc_mcontext.sp);
	uint64_t ignored;

	if (r->pc % 4 || diag_copy(&ignored, r->pc, 8) != 8 || memcmp(&ignored, sigreturn, 8) ||
	    !load(s, sp + 8, &ignored))
		return false;
	for (unsigned i = 0; i < 31; i++)
		if (!load(s, at + offsetof(ucontext_t, uc_mcontext.regs) + 8 * i, &r->r[i]))
			return false;
	load(s, sp + 8, &r->pc);
	load(s, sp, &r->r[MN_ARCH_DWARF_SP]);
	r->exact = true;
	return true;
}
#else
static bool by_signal_frame(struct diag_registers *r, const struct diag_stack *s)
{
	(void)r;
	(void)s;
	return false;
}
#endif

/* Goes on to the caller. False: there is none, or it is not known. */
static bool step(struct diag_registers *r, const struct diag_stack *s)
{
	uint64_t pc = r->exact ? r->pc : r->pc - 1;
	struct table t;
	struct run x;
	uint64_t next[REGS];
	uint64_t cfa;

	if (by_signal_frame(r, s))
		return true;
	if (!find(pc, &t))
		return by_frame_pointer(r, s);
	memset(&x, 0, sizeof x);
	x.t = &t;
	x.at = t.start;
	if (!interpret(&x, t.cie, t.cie_end, UINT64_MAX))
		return false;
	x.first = x.row;
	if (!interpret(&x, t.fde, t.fde_end, pc))
		return false;
	if (t.return_column >= REGS || x.row.reg[t.return_column].kind == UNDEFINED)
		return false;
	if (x.row.cfa.kind == IS_EXPRESSION) {
		if (!evaluate(x.row.cfa.v, r->r, s, NULL, &cfa))
			return false;
	} else {
		if ((uint64_t)x.row.cfa.v >= REGS)
			return false;
		cfa = r->r[x.row.cfa.v] + (uint64_t)x.row.cfa_offset;
	}
	for (unsigned i = 0; i < REGS; i++)
		if (!restore(&x.row, i, r->r, s, cfa, &next[i]))
			return false;
	if (x.row.reg[MN_ARCH_DWARF_SP].kind == SAME)
		next[MN_ARCH_DWARF_SP] = cfa;
	if (next[MN_ARCH_DWARF_SP] < r->r[MN_ARCH_DWARF_SP])
		return false; /* stacks grow down */
	memcpy(r->r, next, sizeof next);
	r->pc = mn_arch_unwind_strip(next[t.return_column]);
	r->exact = t.signal;
	return true;
}

unsigned diag_unwind(struct diag_registers *r, const struct diag_stack *s, uintptr_t *pcs,
		     unsigned most)
{
	unsigned n = 0;

	while (n < most && r->pc) {
		uint64_t sp = r->r[MN_ARCH_DWARF_SP];
		uint64_t pc = r->pc;

		/* Returns lie behind their calls, which may be the last of a function. */
		pcs[n++] = r->exact ? r->pc : r->pc - 1;
		if (!step(r, s) || (sp == r->r[MN_ARCH_DWARF_SP] && pc == r->pc))
			break;
	}
	return n;
}
