/* Walks a tree whose shape comes out of hashes, so that nobody knows how large a branch is. */
#include <pthread.h>
#include <stdlib.h>

#include "busy.h"
#include "crew.h"
#include "workload.h"

#define MAX_CHILDREN 16

struct count {
    uint64_t nodes;
    uint64_t sum; /* of what was computed for them */
};

struct treesearch {
    struct forks forks;
    uint64_t roots;
    uint64_t children;
    uint64_t chance; /* of a node having children, in millionths */
    uint64_t depth;  /* nodes above it have a thread for each child */
    uint64_t work;   /* steps of computing for each node */
    struct count found;
    struct node *firsts; /* the children of the root */
    pthread_t *ids;
};

struct node {
    struct treesearch *tree;
    uint64_t hash;
    uint64_t depth;
    struct count found;
    uint64_t created; /* threads below */
};

/* SplitMix64's mixing function. */
static uint64_t mix(uint64_t z)
{
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static uint64_t child_hash(uint64_t hash, uint64_t number)
{
    return mix(hash + (number + 1) * 0x9e3779b97f4a7c15u);
}

static int has_children(const struct treesearch *tree, uint64_t hash)
{
    return (hash >> 32) * 1000000 >> 32 < tree->chance;
}

static void visit(const struct treesearch *tree, uint64_t hash, struct count *found)
{
    found->nodes++;
    found->sum += busy(tree->work, hash);
}

static void plain(const struct treesearch *tree, uint64_t hash, struct count *found)
{
    visit(tree, hash, found);
    if (has_children(tree, hash))
        for (uint64_t i = 0; i < tree->children; i++)
            plain(tree, child_hash(hash, i), found);
}

static void *node(void *arg);

/* Creates threads for children 0..n-1 of a node and waits for them. */
static void branch(struct node *me, struct node *children, pthread_t *threads, uint64_t n)
{
    struct treesearch *tree = me->tree;
    uint64_t created;

    visit(tree, me->hash, &me->found);
    for (created = 0; created < n; created++) {
        children[created] = (struct node){
            .tree = tree, .hash = child_hash(me->hash, created), .depth = me->depth + 1};
        if (!forks_create(&tree->forks, &threads[created], node, &children[created]))
            break;
    }
    for (uint64_t i = 0; i < created; i++) {
        MUST(pthread_join(threads[i], NULL));
        me->found.nodes += children[i].found.nodes;
        me->found.sum += children[i].found.sum;
        me->created += children[i].created + 1;
    }
}

static void *node(void *arg)
{
    struct node *me = arg;
    struct treesearch *tree = me->tree;

    if (me->depth >= tree->depth || !has_children(tree, me->hash)) {
        plain(tree, me->hash, &me->found);
        return NULL;
    }
    struct node children[MAX_CHILDREN];
    pthread_t threads[MAX_CHILDREN];
    branch(me, children, threads, tree->children);
    return NULL;
}

static void run(void *state, struct result *result)
{
    struct treesearch *s = state;
    struct node root = {.tree = s, .hash = mix(1)};

    branch(&root, s->firsts, s->ids, s->roots);
    s->found = root.found;
    forks_finish(&s->forks, result, root.created);
}

static void serial(void *state)
{
    struct treesearch *s = state;
    struct count found = {0};

    visit(s, mix(1), &found);
    for (uint64_t i = 0; i < s->roots; i++)
        plain(s, child_hash(mix(1), i), &found);
    s->found = found;
}

static void finish(void *state, struct result *result)
{
    struct treesearch *s = state;

    result->units = s->found.nodes;
    result->answer = s->found.sum;
    free(s->ids);
    free(s->firsts);
    free(s);
}

static void *setup(const struct args *args)
{
    struct treesearch *s = calloc(1, sizeof *s);

    if (!s)
        return NULL;
    s->roots = param(args, "roots");
    s->children = param(args, "children");
    if (s->children > MAX_CHILDREN)
        s->children = MAX_CHILDREN;
    s->chance = param(args, "chance");
    s->depth = param(args, "depth");
    s->work = param(args, "work");
    s->firsts = calloc(s->roots, sizeof *s->firsts);
    s->ids = calloc(s->roots, sizeof *s->ids);
    if (!s->firsts || !s->ids) {
        free(s->ids);
        free(s->firsts);
        free(s);
        return NULL;
    }
    return s;
}

WORKLOAD(treesearch) = {
    .id = "treesearch",
    .params = {{"roots", 1}, {"children", 1}, {"chance", 0}, {"depth", 1}, {"work", 0}},
    .setup = setup,
    .run = run,
    .serial = serial,
    .finish = finish,
};
