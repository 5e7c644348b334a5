/*
 * The program and its libraries: where they lie, and what their functions are
 * called. Names come from the files' symbol tables, so that static functions have one, too.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "diag/diag.h"

#define MOST 128 /* objects; those beyond have no names and are not unwound through */

static struct diag_object objects[MOST];
static _Atomic unsigned count;
static char program[512];

/* Names that were found last, by address. */
#define CACHE 64
static struct {
	uintptr_t pc;
	const char *name;
	uintptr_t start;
} cache[CACHE];

static int add(struct dl_phdr_info *info, size_t size, void *unused)
{
	unsigned n = mni_load(&count, relaxed);
	struct diag_object *o = &objects[n];

	(void)size;
	(void)unused;
	if (n == MOST)
		return 1;
	*o = (struct diag_object){
		.base = info->dlpi_addr, .lo = UINTPTR_MAX, .path = info->dlpi_name};
	for (unsigned i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];
		uintptr_t at = info->dlpi_addr + p->p_vaddr;

		if (p->p_type == PT_GNU_EH_FRAME)
			o->eh_frame_hdr = (const uint8_t *)at;
		if (p->p_type != PT_LOAD || !(p->p_flags & PF_X))
			continue;
		if (at < o->lo)
			o->lo = at;
		if (at + p->p_memsz > o->hi)
			o->hi = at + p->p_memsz;
	}
	if (!o->path)
		o->path = "";
	mni_store(&count, n + 1, release);
	return 0;
}

void diag_objects_read(void)
{
	ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);

	program[n > 0 ? n : 0] = 0;
	mni_store(&count, 0, relaxed);
	memset(cache, 0, sizeof cache);
	dl_iterate_phdr(add, NULL);
}

void diag_objects_done(void)
{
	for (unsigned i = 0; i < mni_load(&count, relaxed); i++) {
		if (objects[i].file)
			munmap((void *)(uintptr_t)objects[i].file, objects[i].file_bytes);
		objects[i].file = NULL;
		objects[i].tried = false;
	}
	memset(cache, 0, sizeof cache);
}

const struct diag_object *diag_object_of(uintptr_t pc)
{
	for (unsigned i = 0; i < mni_load(&count, acquire); i++)
		if (pc >= objects[i].lo && pc < objects[i].hi)
			return &objects[i];
	return NULL;
}

static void map_file(struct diag_object *o)
{
	int fd = open(*o->path ? o->path : "/proc/self/exe", O_RDONLY | O_CLOEXEC);
	struct stat s;
	void *p;

	o->tried = true;
	if (fd < 0)
		return;
	if (!fstat(fd, &s) && (size_t)s.st_size > sizeof(ElfW(Ehdr))) {
		p = mmap(NULL, (size_t)s.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (p != MAP_FAILED) {
			o->file = p;
			o->file_bytes = (size_t)s.st_size;
		}
	}
	close(fd);
}

/* Whether this part of the file is there. */
static bool within(const struct diag_object *o, uint64_t offset, uint64_t bytes)
{
	return offset <= o->file_bytes && bytes <= o->file_bytes - offset;
}

static const ElfW(Shdr) * sections(const struct diag_object *o, unsigned *n)
{
	const ElfW(Ehdr) *h = (const void *)o->file;

	*n = h->e_shnum;
	if (memcmp(h->e_ident, ELFMAG, SELFMAG) || h->e_shentsize != sizeof(ElfW(Shdr)) ||
	    !within(o, h->e_shoff, (uint64_t)*n * sizeof(ElfW(Shdr))))
		*n = 0;
	return (const void *)(o->file + h->e_shoff);
}

/* The function at this address of the file, in tables of this type, or NULL. */
static const char *look_up(const struct diag_object *o, uint32_t type, uint64_t address,
			   uint64_t *start)
{
	unsigned n;
	const ElfW(Shdr) *s = sections(o, &n);

	for (unsigned i = 0; i < n; i++) {
		const ElfW(Sym) *sym = (const void *)(o->file + s[i].sh_offset);
		uint64_t symbols = s[i].sh_size / sizeof *sym;

		if (s[i].sh_type != type || s[i].sh_link >= n ||
		    !within(o, s[i].sh_offset, s[i].sh_size) ||
		    !within(o, s[s[i].sh_link].sh_offset, s[s[i].sh_link].sh_size))
			continue;
		for (uint64_t k = 0; k < symbols; k++) {
			const ElfW(Shdr) *names = &s[s[i].sh_link];
			const char *name =
				(const char *)o->file + names->sh_offset + sym[k].st_name;

			if (ELF64_ST_TYPE(sym[k].st_info) != STT_FUNC || !sym[k].st_shndx ||
			    address < sym[k].st_value ||
			    address >= sym[k].st_value + sym[k].st_size ||
			    sym[k].st_name >= names->sh_size ||
			    !memchr(name, 0, names->sh_size - sym[k].st_name))
				continue;
			*start = sym[k].st_value;
			return name;
		}
	}
	return NULL;
}

static const char *function_of(struct diag_object *o, uintptr_t pc, uintptr_t *start)
{
	unsigned slot = (unsigned)(pc ^ pc >> 8) % CACHE;
	uint64_t at = 0;

	if (cache[slot].pc == pc) {
		*start = cache[slot].start;
		return cache[slot].name;
	}
	if (!o->tried)
		map_file(o);
	cache[slot].name = NULL;
	if (o->file && !(cache[slot].name = look_up(o, SHT_SYMTAB, pc - o->base, &at)))
		cache[slot].name = look_up(o, SHT_DYNSYM, pc - o->base, &at);
	cache[slot].pc = pc;
	cache[slot].start = *start = o->base + at;
	return cache[slot].name;
}

void diag_place(struct diag_text *o, uintptr_t pc)
{
	struct diag_object *object = (struct diag_object *)diag_object_of(pc);
	const char *name;
	uintptr_t start;

	if (!object) {
		diag_hex(o, pc);
		return;
	}
	name = function_of(object, pc, &start);
	diag_put(o, name ? name : "?");
	if (name) {
		diag_put(o, "+");
		diag_hex(o, pc - start);
	}
	diag_put(o, " (");
	diag_put(o, *object->path ? object->path : program);
	diag_put(o, "+");
	diag_hex(o, pc - object->base);
	diag_put(o, ")");
}
