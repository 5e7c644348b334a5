/*
 * Stands in for core/atomic.h: the same names, and every access goes to the
 * model (model.h) with a note of where it stands and which order it asks for.
 */
#ifndef MNI_ATOMIC_H
#define MNI_ATOMIC_H

#include "model.h"

#define MODEL_SITE(kind_, name_, expression_, order_, fail_)                                       \
	({                                                                                         \
		static struct model_site model_site_ = {                                           \
			.file = __FILE__,                                                          \
			.line = __LINE__,                                                          \
			.function = __func__,                                                      \
			.name = name_,                                                             \
			.expression = expression_,                                                 \
			.kind = kind_,                                                             \
			.order = MODEL_##order_,                                                   \
			.fail = MODEL_##fail_,                                                     \
		};                                                                                 \
		static struct model_site *const model_site_entry_                                  \
			__attribute__((section("model_sites"), used)) = &model_site_;              \
		&model_site_;                                                                      \
	})

/* The type behind an _Atomic lvalue. */
#define MODEL_TYPE(p) __typeof__((void)0, *(p))

#define MODEL_RMW_(name, op, p, v, order)                                                          \
	((MODEL_TYPE(p))model_rmw(MODEL_SITE(MODEL_RMW, name, #p, order, relaxed), (p),            \
				  sizeof *(p), op, (uint64_t)(v)))

#define MODEL_CAS_(name, weak, p, expect, v, ok, fail)                                             \
	({                                                                                         \
		uint64_t model_expect_ = (uint64_t)*(expect);                                      \
		bool model_won_ =                                                                  \
			model_cas(MODEL_SITE(MODEL_RMW, name, #p, ok, fail), (p), sizeof *(p),     \
				  &model_expect_, (uint64_t)(v), weak);                            \
		if (!model_won_)                                                                   \
			*(expect) = (MODEL_TYPE(p))model_expect_;                                  \
		model_won_;                                                                        \
	})

#define mni_load(p, order)                                                                         \
	((MODEL_TYPE(p))model_load(MODEL_SITE(MODEL_LOAD, "load", #p, order, relaxed), (p),        \
				   sizeof *(p)))
#define mni_store(p, v, order)                                                                     \
	model_store(MODEL_SITE(MODEL_STORE, "store", #p, order, relaxed), (p), sizeof *(p),        \
		    (uint64_t)(v))
#define mni_exchange(p, v, order) MODEL_RMW_("exchange", MODEL_EXCHANGE, p, v, order)
#define mni_fetch_add(p, v, order) MODEL_RMW_("fetch_add", MODEL_ADD, p, v, order)
#define mni_fetch_sub(p, v, order) MODEL_RMW_("fetch_sub", MODEL_SUB, p, v, order)
#define mni_fetch_or(p, v, order) MODEL_RMW_("fetch_or", MODEL_OR, p, v, order)
#define mni_fetch_and(p, v, order) MODEL_RMW_("fetch_and", MODEL_AND, p, v, order)
#define mni_cas(p, expect, v, ok, fail) MODEL_CAS_("cas", false, p, expect, v, ok, fail)
#define mni_cas_weak(p, expect, v, ok, fail) MODEL_CAS_("cas_weak", true, p, expect, v, ok, fail)
/* Alone it orders nothing in another thread: it is the light fence of core/internal.h. */
#define mni_compiler_fence()                                                                       \
	model_fence(MODEL_SITE(MODEL_LIGHT_FENCE, "compiler_fence", "", seq_cst, relaxed))
#define mni_fence(order) model_fence(MODEL_SITE(MODEL_FENCE, "fence", "", order, relaxed))

#define mni_count(p) mni_store((p), mni_load((p), relaxed) + 1, relaxed)

#endif
