/* A preload for charon's kernel-netlink plugin on a kernel with XFRM's netlink but without ESP (CONFIG_INET_ESP): charon
 * believes that its SAs were installed, and each is written with its keys as a line of JSON to $FAKEXFRM_LOG.
 *
 *  - XFRM_MSG_NEWSA for ESP goes to the kernel as NLMSG_NOOP, acknowledged with error 0
 *  - XFRM_MSG_UPDSA as XFRM_MSG_DELSA, which removes the larval state that ALLOCSPI made: else it expires in 30 s, and
 *    charon deletes the CHILD_SA
 *  - XFRM_MSG_DELSA as NLMSG_NOOP
 *
 * Nobody watches lifetimes: let charon's be longer than the test.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <linux/netlink.h>
#include <linux/xfrm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

typedef ssize_t (*sendto_f)(int, const void *, size_t, int, const struct sockaddr *, socklen_t);
static sendto_f r_sendto;

static void init(void)
{
    if (r_sendto) return;
    r_sendto = (sendto_f)dlsym(RTLD_NEXT, "sendto");
}

static void hex(FILE *f, const unsigned char *p, int n) { while (n--) fprintf(f, "%02x", *p++); }

static void keylog(const struct nlmsghdr *h, const struct xfrm_usersa_info *sa)
{
    const char *path = getenv("FAKEXFRM_LOG");
    char s[64], d[64], a1[64], a2[64];
    if (!path) return;
    FILE *f = fopen(path, "ae");
    if (!f) return;
    inet_ntop(sa->family, &sa->saddr, s, sizeof s);
    inet_ntop(sa->family, &sa->id.daddr, d, sizeof d);
    inet_ntop(sa->sel.family ? sa->sel.family : sa->family, &sa->sel.saddr, a1, sizeof a1);
    inet_ntop(sa->sel.family ? sa->sel.family : sa->family, &sa->sel.daddr, a2, sizeof a2);
    fprintf(f, "{\"op\":\"%s\",\"src\":\"%s\",\"dst\":\"%s\",\"spi\":\"%08x\",\"mode\":\"%s\",\"reqid\":%u,"
        "\"flags\":%u,\"sel\":\"%s/%u -> %s/%u proto %u\",\"soft\":%llu,\"hard\":%llu",
        h->nlmsg_type == XFRM_MSG_NEWSA ? "new" : "upd", s, d, ntohl(sa->id.spi),
        sa->mode == XFRM_MODE_TRANSPORT ? "transport" : sa->mode == XFRM_MODE_TUNNEL ? "tunnel" : "other",
        sa->reqid, sa->flags, a1, sa->sel.prefixlen_s, a2, sa->sel.prefixlen_d, sa->sel.proto,
        (unsigned long long)sa->lft.soft_add_expires_seconds,
        (unsigned long long)sa->lft.hard_add_expires_seconds);
    const char *p = (const char *)sa + NLMSG_ALIGN(sizeof *sa);
    int left = h->nlmsg_len - NLMSG_LENGTH(NLMSG_ALIGN(sizeof *sa));
    while (left >= 4) {
        struct nlattr { uint16_t len, type; } a; memcpy(&a, p, 4);
        if (a.len < 4 || a.len > left) break;
        const void *v = p + 4;
        if (a.type == XFRMA_ALG_CRYPT || a.type == XFRMA_ALG_AUTH) {
            const struct xfrm_algo *g = v;
            fprintf(f, ",\"%s\":{\"name\":\"%s\",\"key\":\"", a.type == XFRMA_ALG_CRYPT ? "enc" : "auth0", g->alg_name);
            hex(f, (const unsigned char *)g->alg_key, g->alg_key_len / 8); fprintf(f, "\"}");
        } else if (a.type == XFRMA_ALG_AUTH_TRUNC) {
            const struct xfrm_algo_auth *g = v;
            fprintf(f, ",\"auth\":{\"name\":\"%s\",\"trunc\":%u,\"key\":\"", g->alg_name, g->alg_trunc_len);
            hex(f, (const unsigned char *)g->alg_key, g->alg_key_len / 8); fprintf(f, "\"}");
        } else if (a.type == XFRMA_ALG_AEAD) {
            const struct xfrm_algo_aead *g = v;
            fprintf(f, ",\"aead\":{\"name\":\"%s\",\"icv\":%u,\"key\":\"", g->alg_name, g->alg_icv_len);
            hex(f, (const unsigned char *)g->alg_key, g->alg_key_len / 8); fprintf(f, "\"}");
        } else if (a.type == XFRMA_ENCAP) {
            const struct xfrm_encap_tmpl *e = v;
            fprintf(f, ",\"encap\":{\"type\":%u,\"sport\":%u,\"dport\":%u}", e->encap_type, ntohs(e->encap_sport), ntohs(e->encap_dport));
        } else if (a.type == XFRMA_REPLAY_ESN_VAL) {
            const struct xfrm_replay_state_esn *e = v;
            fprintf(f, ",\"replay_window\":%u", e->replay_window);
        }
        int l = NLMSG_ALIGN(a.len); p += l; left -= l;
    }
    fprintf(f, "}\n");
    fclose(f);
}

static int is_xfrm(int fd)
{
    int proto = 0; socklen_t l = sizeof proto;
    if (getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &proto, &l)) return 0;
    int dom = 0; l = sizeof dom;
    if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &dom, &l)) return 0;
    return dom == AF_NETLINK && proto == NETLINK_XFRM;
}

static ssize_t noop(int fd, const struct nlmsghdr *h, const struct sockaddr *a, socklen_t al)
{
    struct nlmsghdr n = *h;
    n.nlmsg_len = NLMSG_HDRLEN; n.nlmsg_type = NLMSG_NOOP; n.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    ssize_t r = r_sendto(fd, &n, n.nlmsg_len, 0, a, al);
    return r == NLMSG_HDRLEN ? (ssize_t)h->nlmsg_len : r;
}

ssize_t sendto(int fd, const void *b, size_t len, int fl, const struct sockaddr *a, socklen_t al)
{
    init();
    const struct nlmsghdr *h = b;
    if (!a || a->sa_family != AF_NETLINK || len < NLMSG_HDRLEN || !is_xfrm(fd))
        return r_sendto(fd, b, len, fl, a, al);
    switch (h->nlmsg_type) {
    case XFRM_MSG_NEWSA: case XFRM_MSG_UPDSA: {
        const struct xfrm_usersa_info *sa = NLMSG_DATA(h);
        if (sa->id.proto != IPPROTO_ESP) break;
        keylog(h, sa);
        if (h->nlmsg_type == XFRM_MSG_NEWSA) return noop(fd, h, a, al);
        struct { struct nlmsghdr h; struct xfrm_usersa_id id; } m;
        memset(&m, 0, sizeof m);
        m.h = *h; m.h.nlmsg_len = NLMSG_LENGTH(sizeof m.id);
        m.h.nlmsg_type = XFRM_MSG_DELSA; m.h.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
        m.id.daddr = sa->id.daddr; m.id.spi = sa->id.spi; m.id.family = sa->family; m.id.proto = sa->id.proto;
        ssize_t r = r_sendto(fd, &m, m.h.nlmsg_len, fl, a, al);
        return r == (ssize_t)m.h.nlmsg_len ? (ssize_t)len : r;
    }
    case XFRM_MSG_DELSA: {
        const struct xfrm_usersa_id *id = NLMSG_DATA(h);
        if (id->proto != IPPROTO_ESP) break;
        return noop(fd, h, a, al);
    }
    }
    return r_sendto(fd, b, len, fl, a, al);
}
