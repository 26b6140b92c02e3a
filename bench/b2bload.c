// b2bload: one process that plays both ends (SIP UAC on leg A, SIP UAS on leg B) of N concurrent
// calls through a SIP B2BUA/proxy, with paced bidirectional 20 ms RTP on every call, and reports
//   * CPU used by the server under test (/proc/PID/stat of --pids) per call-minute,
//   * RTP loss, one-way latency and jitter as seen by the receiving leg, and how many packets come more than 20 ms
//     after their time: what a receiver with a buffer of 20 ms would have to conceal;
//   * with --probe, the way of the audio itself: some calls have a burst of tone every second, the callee sends back
//     what it gets, and the caller looks when the burst comes back. Half of that is the way once, codecs included.
// With --churn calls end and begin anew all the time.
// Plain C, Linux, no libraries:  cc -O2 -Wall -o b2bload b2bload.c -lm
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <math.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

typedef struct {
    const char *name;
    int pt;
    int clock;
    int step;
    const char *rtpmap;
} Codec;
static Codec CODECS[] = {
    {"pcmu", 0, 8000, 160, "PCMU/8000"},
    {"pcma", 8, 8000, 160, "PCMA/8000"},
    {"g722", 9, 8000, 160, "G722/8000"},
    {"opus", 111, 48000, 960, "opus/48000/2"},
};
typedef struct {
    uint8_t *data;
    int *off;
    int *len;
    int n;
} Frames;
#define HMAX 200000
typedef struct {
    int fd, pt, up, dead, payload_pos;
    struct sockaddr_in remote;
    uint16_t seq;
    uint32_t ts, ssrc;
    uint64_t last_send_ns;
    uint64_t tx, rx, lost, dup, badpt, badstamp;
    int have_seq;
    uint16_t last_rx_seq;
    uint32_t ssrc_rx;
    uint64_t ssrc_changes;
    double jit;
    double prev_transit;
    int have_transit;
    uint64_t rx_bytes;
    double level_sum;
    uint64_t level_n;
    double base; // the quickest packet so far: arrival less timestamp, in ms
    int have_base;
    uint64_t late;
} Leg;
typedef struct {
    char callid[160], totag[400], contact[400], routes[1200], ok200[4096];
    int state; // 0 none 1 invited 2 up 3 bye-sent 4 done -1 failed
    uint64_t t_invite, t_last;
    int tries;
    int b_acked;
    int gen;                     // how often it began anew
    uint64_t begin_at, end_at;   // with --churn
    uint64_t probe_sent;         // when the burst left that has not come back yet
    uint64_t loud_at;            // when a burst came back
    int log_scale;               // of a G.722 decoder's lower band
    Leg leg[2]; // 0 = A (caller), 1 = B (callee)
} Call;

static Call *calls;
static int N = 10;
static const char *a_ip = "127.0.0.2", *b_ip = "127.0.0.3";
static const int a_port = 5070, b_port = 5080;
static char sut_ip[64] = "127.0.0.1";
static int sut_port = 5060;
static const int a_rtp = 40000;
static int b_rtp = 46000;
static double rate = 50, secs = 20, settle = 3;
static int direct = 0;
static int uas_only = 0; // play the callee only: wait for --calls calls from someone else
static Codec *ca = &CODECS[0], *cb = &CODECS[0];
static Frames fa, fb, fp;
static const char *pay_a, *pay_b;
static int probes;          // so many of the calls are echoed
static double churn;        // mean life of a call in seconds; 0: as long as the run
static uint64_t n_begun, n_ended, n_lost_bursts, n_bursts;
static const char *via;     // a bare loop's first port instead of a SIP server
#define BURST 25            // which frame of the probe's is the burst
#define PROBE_LOOP 50
#define PROBE_TENTHS 20000
static uint32_t probe_hist[PROBE_TENTHS + 1]; // there and back in tenths of ms
static char *pids_arg = "";
static const char *tag = "run";
static int stamp; // same codec on both legs: the payload carries the time of sending
static int sip_a, sip_b, ep;
static char runid[32];
static struct sockaddr_in sut;
static uint32_t *hist[2];
static uint64_t hist_over[2];
static double lat_sum[2], lat_sq[2], lat_max[2];
static uint64_t lat_n[2];
static char dial = '9'; // first digit of the dialled number: 9 = same codec, 7 = callee gets G722, 6 = callee gets Opus
static int measuring = 0;
static int n_up, n_failed, n_done, n_retx, last_fail_code;
static char last_fail_line[200];
static uint64_t late5, late20, max_late, setup_sum, setup_n;

static uint64_t now_ns(clockid_t c) {
    struct timespec t;
    clock_gettime(c, &t);
    return (uint64_t)t.tv_sec * 1000000000ull + t.tv_nsec;
}
static void die(const char *m) {
    fprintf(stderr, "b2bload: %s: %s\n", m, strerror(errno));
    exit(2);
}

static Frames load_frames(const char *path) { // [u16be len][bytes]...
    Frames f = {0};
    FILE *fp = fopen(path, "rb");
    if (!fp)
        die(path);
    fseek(fp, 0, SEEK_END);
    long sz = ftell(fp);
    rewind(fp);
    f.data = malloc(sz + 1);
    if (fread(f.data, 1, sz, fp) != (size_t)sz)
        die("read");
    fclose(fp);
    f.off = malloc(sizeof(int) * (sz / 2 + 1));
    f.len = malloc(sizeof(int) * (sz / 2 + 1));
    for (long p = 0; p + 2 <= sz;) {
        int l = f.data[p] << 8 | f.data[p + 1];
        p += 2;
        if (p + l > sz)
            break;
        f.off[f.n] = p;
        f.len[f.n++] = l;
        p += l;
    }
    return f;
}
static Codec *codec(const char *n) {
    for (size_t i = 0; i < 4; i++)
        if (!strcasecmp(CODECS[i].name, n))
            return &CODECS[i];
    fprintf(stderr, "codec %s?\n", n);
    exit(2);
}
static int udp(const char *ip, int port, int ts) {
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    struct sockaddr_in s = {.sin_family = AF_INET, .sin_port = htons(port)};
    inet_pton(AF_INET, ip, &s.sin_addr);
    if (bind(fd, (void *)&s, sizeof s)) {
        fprintf(stderr, "bind %s:%d ", ip, port);
        die("bind");
    }
    int one = 1, sz = ts ? 65536 : 4 << 20;
    if (ts)
        setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof one);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &sz, sizeof sz);
    return fd;
}
static double cpu_of(const char *list, double *out_each, int *n_each) { // seconds, all threads incl. finished
    double tot = 0;
    char buf[2048];
    snprintf(buf, sizeof buf, "%s", list);
    int k = 0;
    for (char *p = strtok(buf, ","); p; p = strtok(NULL, ",")) {
        char path[64], line[2048];
        snprintf(path, sizeof path, "/proc/%s/stat", p);
        FILE *f = fopen(path, "r");
        double v = 0;
        if (f) {
            if (fgets(line, sizeof line, f)) {
                char *q = strrchr(line, ')');
                unsigned long u = 0, s = 0;
                if (q && sscanf(q + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &u, &s) == 2)
                    v = (double)(u + s) / sysconf(_SC_CLK_TCK);
            }
            fclose(f);
        }
        if (out_each && k < 64)
            out_each[k] = v;
        k++;
        tot += v;
    }
    if (n_each)
        *n_each = k < 64 ? k : 64;
    return tot;
}
// ---- tiny SIP helpers ----
static char *hdr(const char *msg, const char *name, const char *alt, char *out, size_t cap) { // first value
    size_t nl = strlen(name);
    out[0] = 0;
    for (const char *l = msg; l && *l;) {
        const char *e = strstr(l, "\r\n");
        if (!e || e == l)
            break;
        const char *v = NULL;
        if (!strncasecmp(l, name, nl) && (l[nl] == ':' || l[nl] == ' '))
            v = strchr(l, ':');
        else if (alt && !strncasecmp(l, alt, strlen(alt)) && l[strlen(alt)] == ':')
            v = strchr(l, ':');
        if (v) {
            v++;
            while (*v == ' ')
                v++;
            size_t n = e - v;
            if (n >= cap)
                n = cap - 1;
            memcpy(out, v, n);
            out[n] = 0;
            return out;
        }
        l = e + 2;
    }
    return NULL;
}
static void copy_hdrs(const char *msg, const char *name, const char *as, char *out, size_t cap,
                      int reverse) { // all occurrences
    char tmp[16][400];
    int k = 0;
    size_t nl = strlen(name);
    for (const char *l = msg; *l;) {
        const char *e = strstr(l, "\r\n");
        if (!e || e == l)
            break;
        if (!strncasecmp(l, name, nl) && l[nl] == ':' && k < 16) {
            const char *v = l + nl + 1;
            while (*v == ' ')
                v++;
            snprintf(tmp[k++], 400, "%.*s", (int)(e - v), v);
        }
        l = e + 2;
    }
    size_t o = 0;
    out[0] = 0;
    for (int i = 0; i < k; i++)
        o += snprintf(out + o, cap - o, "%s: %s\r\n", as, tmp[reverse ? k - 1 - i : i]);
}
static int parse_sdp(const char *msg, Codec *c, Leg *l) {
    const char *b = strstr(msg, "\r\n\r\n");
    if (!b || !b[4])
        return -1;
    b += 4;
    const char *m = strstr(b, "m=audio ");
    if (!m)
        return -1;
    int port = atoi(m + 8);
    const char *cl = strstr(m, "c=IN IP4 ");
    if (!cl)
        cl = strstr(b, "c=IN IP4 ");
    if (!cl)
        return -1;
    char ip[40] = {0};
    sscanf(cl + 9, "%39[0-9.]", ip);
    if (!strcmp(ip, "0.0.0.0"))
        strcpy(ip, sut_ip);
    memset(&l->remote, 0, sizeof l->remote);
    l->remote.sin_family = AF_INET;
    l->remote.sin_port = htons(port);
    inet_pton(AF_INET, ip, &l->remote.sin_addr);
    if (c->pt < 96) {
        l->pt = c->pt;
        int ok = 0;
        const char *e = strchr(m, '\n');
        char line[300];
        snprintf(line, sizeof line, "%.*s", (int)(e - m), m);
        char *sv, *t = strtok_r(line, " \r", &sv);
        for (int i = 0; t; t = strtok_r(NULL, " \r", &sv), i++)
            if (i >= 3 && atoi(t) == c->pt)
                ok = 1;
        return ok && port ? 0 : -2;
    }
    for (const char *r = m; (r = strstr(r, "a=rtpmap:")); r++) {
        int pt;
        char nm[64];
        if (sscanf(r + 9, "%d %63[^/]", &pt, nm) == 2 && !strncasecmp(nm, c->rtpmap, strlen(nm)) &&
            !strcasecmp(nm, c->name)) {
            l->pt = pt;
            return port ? 0 : -2;
        }
    }
    return -2;
}
static int mk_sdp(char *o, size_t cap, const char *ip, int port, Codec *c, int pt) {
    return snprintf(o, cap,
                    "v=0\r\no=- 1 1 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\nm=audio %d RTP/AVP %d\r\na=rtpmap:%d "
                    "%s\r\n%sa=ptime:20\r\na=sendrecv\r\n",
                    ip, ip, port, pt, pt, c->rtpmap, c->pt >= 96 ? "" : "");
}
static void sip_send(int fd, const char *m, int n, struct sockaddr_in *to) {
    if (sendto(fd, m, n, 0, (void *)to, sizeof *to) < 0 && errno != EAGAIN)
        die("sip send");
}
static void send_invite(int i) {
    char sdp[600], m[2400];
    int sl = mk_sdp(sdp, sizeof sdp, a_ip, a_rtp + 2 * i, ca, ca->pt);
    int n = snprintf(m, sizeof m,
                     "INVITE sip:%c%05d@%s:%d SIP/2.0\r\nVia: SIP/2.0/UDP %s:%d;branch=z9hG4bK%s-%d-%d-1\r\nMax-Forwards: "
                     "70\r\nFrom: <sip:a%05d@%s:%d>;tag=%s-a%d-%d\r\nTo: <sip:%c%05d@%s:%d>\r\nCall-ID: %s\r\nCSeq: 1 "
                     "INVITE\r\nContact: <sip:a%05d@%s:%d>\r\nAllow: INVITE, ACK, BYE, CANCEL, OPTIONS, UPDATE, "
                     "INFO\r\nContent-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%s",
                     dial, i, sut_ip, sut_port, a_ip, a_port, runid, i, calls[i].gen, i, a_ip, a_port, runid, i,
                     calls[i].gen, dial, i, sut_ip, sut_port, calls[i].callid, i, a_ip, a_port, sl, sdp);
    sip_send(sip_a, m, n, &sut);
}
static void send_indialog(int i, const char *method, int cseq) {
    Call *c = &calls[i];
    char m[3000];
    char uri[400];
    snprintf(uri, sizeof uri, "%s", c->contact);
    struct sockaddr_in to = sut;
    if (!c->routes[0]) {
        char ip[64];
        int p = 5060;
        char *h = strchr(uri, '@');
        h = h ? h + 1 : strchr(uri, ':') + 1;
        if (sscanf(h, "%63[0-9.]:%d", ip, &p) >= 1) {
            inet_pton(AF_INET, ip, &to.sin_addr);
            to.sin_port = htons(p);
        }
    }
    int n = snprintf(m, sizeof m,
                     "%s %s SIP/2.0\r\nVia: SIP/2.0/UDP %s:%d;branch=z9hG4bK%s-%d-%d-%s%d\r\nMax-Forwards: 70\r\n%sFrom: "
                     "<sip:a%05d@%s:%d>;tag=%s-a%d-%d\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d %s\r\nContact: "
                     "<sip:a%05d@%s:%d>\r\nContent-Length: 0\r\n\r\n",
                     method, uri, a_ip, a_port, runid, i, c->gen, method, cseq, c->routes, i, a_ip, a_port, runid, i, c->gen,
                     c->totag, c->callid, cseq, method, i, a_ip, a_port);
    sip_send(sip_a, m, n, &to);
}
static void reply(int fd, const char *req, struct sockaddr_in *to, const char *status, const char *totag,
                  const char *contact, const char *sdp, char *save, size_t savecap) {
    char m[4096], vias[1200], rr[1200], from[400], tohdr[400], cid[200], cseq[80];
    copy_hdrs(req, "Via", "Via", vias, sizeof vias, 0);
    copy_hdrs(req, "Record-Route", "Record-Route", rr, sizeof rr, 0);
    hdr(req, "From", "f", from, sizeof from);
    hdr(req, "To", "t", tohdr, sizeof tohdr);
    hdr(req, "Call-ID", "i", cid, sizeof cid);
    hdr(req, "CSeq", NULL, cseq, sizeof cseq);
    int hastag = strcasestr(tohdr, ";tag=") != NULL;
    int n = snprintf(m, sizeof m,
                     "SIP/2.0 %s\r\n%s%sFrom: %s\r\nTo: %s%s%s\r\nCall-ID: %s\r\nCSeq: %s\r\n%s%s%sAllow: INVITE, ACK, "
                     "BYE, CANCEL, OPTIONS, UPDATE, INFO\r\n%sContent-Length: %d\r\n\r\n%s",
                     status, vias, rr, from, tohdr, hastag ? "" : ";tag=", hastag ? "" : totag, cid, cseq,
                     contact ? "Contact: <" : "", contact ? contact : "", contact ? ">\r\n" : "",
                     sdp ? "Content-Type: application/sdp\r\n" : "", sdp ? (int)strlen(sdp) : 0, sdp ? sdp : "");
    if (save)
        snprintf(save, savecap, "%s", m);
    sip_send(fd, m, n, to);
}
static void on_sip(int fd, int side) {
    static char buf[65536];
    struct sockaddr_in from;
    socklen_t sl = sizeof from;
    for (;;) {
        ssize_t n = recvfrom(fd, buf, sizeof buf - 1, 0, (void *)&from, &sl);
        if (n <= 0)
            return;
        buf[n] = 0;
        if (n < 20)
            continue;
        char cseq[80] = "", cid[200] = "";
        hdr(buf, "CSeq", NULL, cseq, sizeof cseq);
        hdr(buf, "Call-ID", "i", cid, sizeof cid);
        if (!strncmp(buf, "SIP/2.0 ", 8)) {
            if (side)
                continue;
            int code = atoi(buf + 8), i = -1;
            char pre[40];
            snprintf(pre, sizeof pre, "%s-", runid);
            if (strncmp(cid, pre, strlen(pre)))
                continue;
            i = atoi(cid + strlen(pre));
            if (i < 0 || i >= N)
                continue;
            Call *c = &calls[i];
            if (strcmp(cid, c->callid))
                continue; // of the call before
            if (strstr(cseq, "INVITE")) {
                if (code < 200) {
                    if (c->state == 1)
                        c->tries = 99;
                    continue;
                }
                hdr(buf, "To", "t", c->totag, sizeof c->totag);
                if (code >= 300) {
                    char m[1600];
                    int k = snprintf(
                        m, sizeof m,
                        "ACK sip:%c%05d@%s:%d SIP/2.0\r\nVia: SIP/2.0/UDP %s:%d;branch=z9hG4bK%s-%d-%d-1\r\nMax-Forwards: "
                        "70\r\nFrom: <sip:a%05d@%s:%d>;tag=%s-a%d-%d\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: 1 "
                        "ACK\r\nContent-Length: 0\r\n\r\n",
                        dial, i, sut_ip, sut_port, a_ip, a_port, runid, i, c->gen, i, a_ip, a_port, runid, i, c->gen,
                        c->totag, c->callid);
                    sip_send(sip_a, m, k, &sut);
                    if (c->state == 1) {
                        c->state = -1;
                        n_failed++;
                        c->begin_at = now_ns(CLOCK_MONOTONIC) + 1000000000ull;
                        last_fail_code = code;
                        snprintf(last_fail_line, sizeof last_fail_line, "%.*s", (int)strcspn(buf, "\r\n"), buf);
                    }
                    continue;
                }
                char ct[400];
                if (hdr(buf, "Contact", "m", ct, sizeof ct)) {
                    char *lt = strchr(ct, '<');
                    char *s = lt ? lt + 1 : ct;
                    char *e = strpbrk(s, lt ? ">" : ";>");
                    if (e)
                        *e = 0;
                    snprintf(c->contact, sizeof c->contact, "%s", s);
                }
                copy_hdrs(buf, "Record-Route", "Route", c->routes, sizeof c->routes, 1);
                send_indialog(i, "ACK", 1);
                if (c->state == 1) {
                    int r = parse_sdp(buf, ca, &c->leg[0]);
                    if (r) {
                        fprintf(stderr, "bad SDP answer (%d) call %d:\n%s\n", r, i, buf);
                        c->state = -1;
                        n_failed++;
                        continue;
                    }
                    c->state = 2;
                    c->leg[0].up = 1;
                    c->end_at = now_ns(CLOCK_MONOTONIC) + (uint64_t)(churn * (0.5 + rand() / (RAND_MAX + 1.0)) * 1e9);
                    if (!churn || !c->gen)
                        n_up++;
                    setup_sum += now_ns(CLOCK_MONOTONIC) - c->t_invite;
                    setup_n++;
                }
            } else if (strstr(cseq, "BYE")) {
                if (c->state == 3) {
                    c->state = 4;
                    n_done++;
                    n_ended++;
                    c->leg[0].up = c->leg[1].up = 0;
                    c->begin_at = now_ns(CLOCK_MONOTONIC) + 300000000ull + rand() % 700000000;
                }
            }
            continue;
        }
        // request
        int i = -1;
        char ruri[300] = "";
        sscanf(buf, "%*s %299s", ruri);
        char *u = strchr(ruri, ':');
        char *at = strchr(ruri, '@');
        if (u && at && (isdigit((unsigned char)u[1]) || u[1] == 'a'))
            i = atoi(u + 2);
        int isA = u && u[1] == 'a';
        char contact[120];
        if (!strncmp(buf, "OPTIONS", 7) || i < 0 || i >= N) {
            if (strncmp(buf, "ACK", 3))
                reply(fd, buf, &from, !strncmp(buf, "OPTIONS", 7) ? "200 OK" : "404 Not Found", "x", NULL, NULL, NULL,
                      0);
            continue;
        }
        Call *c = &calls[i];
        Leg *l = &c->leg[isA ? 0 : 1];
        char tg[60];
        snprintf(tg, sizeof tg, "%s-%s%d-%d", runid, isA ? "a" : "b", i, c->gen);
        snprintf(contact, sizeof contact, "sip:%c%05d@%s:%d", isA ? 'a' : u[1], i, isA ? a_ip : b_ip,
                 isA ? a_port : b_port);
        if (!strncmp(buf, "INVITE", 6)) {
            char toh[400];
            hdr(buf, "To", "t", toh, sizeof toh);
            int re = strcasestr(toh, ";tag=") != NULL;
            if (!isA && !re && c->ok200[0]) {
                n_retx++;
                sip_send(fd, c->ok200, strlen(c->ok200), &from);
                continue;
            }
            Codec *k = isA ? ca : cb;
            int r = parse_sdp(buf, k, l);
            if (r == -2) {
                fprintf(stderr, "offer to leg %c lacks %s:\n%s\n", isA ? 'A' : 'B', k->name, buf);
                reply(fd, buf, &from, "488 Not Acceptable Here", tg, contact, NULL, NULL, 0);
                continue;
            }
            char sdp[600];
            mk_sdp(sdp, sizeof sdp, isA ? a_ip : b_ip, (isA ? a_rtp : b_rtp) + 2 * i, k, r == 0 ? l->pt : k->pt);
            if (!re)
                reply(fd, buf, &from, "180 Ringing", tg, contact, NULL, NULL, 0);
            reply(fd, buf, &from, "200 OK", tg, contact, sdp, isA ? NULL : c->ok200, sizeof c->ok200);
            l->up = 1;
        } else if (!strncmp(buf, "ACK", 3)) {
            if (!c->b_acked && uas_only) {
                c->state = 2;
                n_up++;
            }
            c->b_acked = 1;
        } else if (!strncmp(buf, "BYE", 3)) {
            reply(fd, buf, &from, "200 OK", tg, NULL, NULL, NULL, 0);
            if (measuring && !churn)
                l->dead = 1;
        } else
            reply(fd, buf, &from, "200 OK", tg, contact, NULL, NULL, 0);
    }
}
static inline int ulaw_abs(uint8_t u) {
    u = ~u;
    int t = ((u & 0x0f) << 3) + 0x84;
    t <<= (u & 0x70) >> 4;
    return t - 0x84;
}
static inline int alaw_abs(uint8_t a) {
    a ^= 0x55;
    int t = (a & 0x0f) << 4, s = (a & 0x70) >> 4;
    t += s ? 0x108 : 8;
    return s > 1 ? t << (s - 1) : t;
}
// Whether this payload is loud, and from which sample on: a burst is far above the noise around it.
static int loud_from(Call *c, Codec *k, const uint8_t *p, int n) {
    // What the lower band's scale factor does (ITU-T G.722 3.5): it follows the level.
    static const int weight[8] = {-60, -30, 58, 172, 334, 538, 1198, 3042};
    static const int of_code[16] = {0, 7, 6, 5, 4, 3, 2, 1, 7, 6, 5, 4, 3, 2, 1, 0};
    int found = -1;
    for (int j = 0; j < n; j++) {
        int loud = 0;
        if (k->pt == 0)
            loud = ulaw_abs(p[j]) > 4000;
        else if (k->pt == 8)
            loud = alaw_abs(p[j]) > 4000;
        else if (k->pt == 9) {
            c->log_scale = (c->log_scale * 127 >> 7) + weight[of_code[(p[j] & 0x3f) >> 2]];
            c->log_scale = c->log_scale < 0 ? 0 : c->log_scale > 18432 ? 18432 : c->log_scale;
            loud = c->log_scale > 9000;
        }
        if (loud && found < 0)
            found = j;
    }
    return found;
}
static void send_payload(Leg *l, Codec *k, const uint8_t *payload, int len) {
    uint8_t p[1600];
    if (len > 1500)
        return;
    uint8_t head[12] = {0x80, l->pt | (l->tx == 0 ? 0x80 : 0), l->seq >> 8, l->seq, l->ts >> 24, l->ts >> 16,
                        l->ts >> 8, l->ts, l->ssrc >> 24, l->ssrc >> 16, l->ssrc >> 8, l->ssrc};
    memcpy(p, head, 12);
    memcpy(p + 12, payload, len);
    l->seq++;
    l->ts += k->step;
    if (sendto(l->fd, p, 12 + len, 0, (void *)&l->remote, sizeof l->remote) > 0)
        l->tx++;
}
static void on_rtp(int ci, int side) {
    uint8_t p[2048];
    Call *c = &calls[ci];
    Leg *l = &c->leg[side];
    Leg *o = &c->leg[!side];
    Codec *k = side ? cb : ca;
    for (;;) {
        char cm[128];
        struct iovec iv = {p, sizeof p};
        struct msghdr mh = {.msg_iov = &iv, .msg_iovlen = 1, .msg_control = cm, .msg_controllen = sizeof cm};
        ssize_t n = recvmsg(l->fd, &mh, 0);
        if (n < 0)
            return;
        if (n < 12 || (p[0] & 0xc0) != 0x80)
            continue;
        uint64_t t = 0;
        for (struct cmsghdr *h = CMSG_FIRSTHDR(&mh); h; h = CMSG_NXTHDR(&mh, h))
            if (h->cmsg_level == SOL_SOCKET && h->cmsg_type == SCM_TIMESTAMPNS) {
                struct timespec ts;
                memcpy(&ts, CMSG_DATA(h), sizeof ts);
                t = (uint64_t)ts.tv_sec * 1000000000ull + ts.tv_nsec;
            }
        if (!t)
            t = now_ns(CLOCK_REALTIME);
        int pt = p[1] & 0x7f;
        if (pt >= 72 && pt <= 79)
            continue; // RTCP
        if (ci < probes && pt == l->pt && l->up) {
            if (side)
                send_payload(l, k, p + 12, n - 12);
            else {
                int from = loud_from(c, k, p + 12, n - 12);
                // The same burst goes on in the next packet.
                if (from >= 0 && t - c->loud_at > 200000000ull && c->probe_sent) {
                    uint64_t tenths = (t - c->probe_sent + (uint64_t)from * 125000) / 100000;
                    if (measuring) {
                        probe_hist[tenths < PROBE_TENTHS ? tenths : PROBE_TENTHS]++;
                        n_bursts++;
                    }
                    c->probe_sent = 0;
                }
                if (from >= 0)
                    c->loud_at = t;
            }
        }
        if (!measuring)
            continue;
        uint16_t seq = p[2] << 8 | p[3];
        uint32_t ts = (uint32_t)p[4] << 24 | p[5] << 16 | p[6] << 8 | p[7],
                 ss = (uint32_t)p[8] << 24 | p[9] << 16 | p[10] << 8 | p[11];
        if (pt != l->pt) {
            l->badpt++;
            continue;
        }
        if (l->have_seq && ss != l->ssrc_rx) {
            l->ssrc_changes++;
            l->have_seq = 0;
            l->have_transit = 0;
            l->have_base = 0;
        }
        l->ssrc_rx = ss;
        if (l->have_seq) {
            int16_t d = (int16_t)(seq - l->last_rx_seq);
            if (d <= 0) {
                l->dup++;
            } else {
                l->lost += d - 1;
                l->last_rx_seq = seq;
            }
        } else {
            l->have_seq = 1;
            l->last_rx_seq = seq;
        }
        l->rx++;
        l->rx_bytes += n - 12;
        double tr = (double)(t % 1000000000000ull) * 1e-9 * k->clock - ts;
        if (l->have_transit) {
            double d = fabs(tr - l->prev_transit);
            if (d < k->clock)
                l->jit += (d - l->jit) / 16;
        }
        l->prev_transit = tr;
        l->have_transit = 1;
        // More than a second is another clock, not a late packet.
        double ms = tr / k->clock * 1000;
        if (!l->have_base || ms < l->base || ms - l->base > 1000) {
            l->base = ms;
            l->have_base = 1;
        } else if (ms - l->base > 20)
            l->late++;
        if (k->pt == 0) {
            for (int j = 12; j < n; j += 8)
                l->level_sum += ulaw_abs(p[j]);
            l->level_n += (n - 12 + 7) / 8;
        }
        if (k->pt == 8) {
            for (int j = 12; j < n; j += 8)
                l->level_sum += alaw_abs(p[j]);
            l->level_n += (n - 12 + 7) / 8;
        }
        double us;
        uint64_t st;
        if (ci < probes)
            continue;
        if (stamp) {
            uint32_t id;
            memcpy(&id, p + 12 + 4, 4);
            memcpy(&st, p + 12 + 8, 8);
            if (n < 12 + 16 || memcmp(p + 12, "B2BL", 4) || id != (uint32_t)(ci * 2 + !side)) {
                l->badstamp++;
                continue;
            }
            us = ((double)t - (double)st) / 1000.0;
        } else {
            st = o->last_send_ns;
            if (!st)
                continue;
            us = ((double)t - (double)st) / 1000.0;
        } // phase: modulo one packet interval
        if (us < 0)
            us = 0;
        lat_n[side]++;
        lat_sum[side] += us;
        lat_sq[side] += us * us;
        if (us > lat_max[side])
            lat_max[side] = us;
        if (us < HMAX)
            hist[side][(int)us]++;
        else
            hist_over[side]++;
    }
}
static void send_rtp(int ci, int side) {
    Call *c = &calls[ci];
    Leg *l = &c->leg[side];
    if (!l->up || c->state < 1 || c->state > 2)
        return;
    Codec *k = side ? cb : ca;
    Frames *f = side ? &fb : &fa;
    uint8_t p[1500];
    int len = 160;
    uint64_t t = now_ns(CLOCK_REALTIME);
    if (ci < probes) {
        if (side)
            return;
        int q = l->payload_pos++ % PROBE_LOOP;
        if (q == BURST) {
            n_lost_bursts += c->probe_sent && measuring;
            c->probe_sent = t;
        }
        send_payload(l, k, fp.data + fp.off[q], fp.len[q]);
        return;
    }
    if (f->n) {
        int q = l->payload_pos++ % f->n;
        len = f->len[q];
        memcpy(p, f->data + f->off[q], len);
    } else
        memset(p, 0x55, len);
    if (stamp) {
        uint32_t id = ci * 2 + side;
        memcpy(p, "B2BL", 4);
        memcpy(p + 4, &id, 4);
        memcpy(p + 8, &t, 8);
        if (len < 16)
            len = 16;
    }
    l->last_send_ns = t;
    send_payload(l, k, p, len);
}
static double probe_ms(double q) { // once: half of there and back
    uint64_t seen = 0;
    for (int i = 0; i <= PROBE_TENTHS; i++) {
        seen += probe_hist[i];
        if (n_bursts && seen >= q * n_bursts)
            return i / 20.0;
    }
    return -1;
}
// Ends calls whose time has come, and begins those that ended anew.
static void turn_over(uint64_t now) {
    for (int i = 0; i < N; i++) {
        Call *c = &calls[i];
        if (c->state == 2 && now > c->end_at) {
            c->state = 3;
            c->t_last = now;
            send_indialog(i, "BYE", 2);
        } else if (c->state == 3 && now - c->t_last > 1000000000ull) {
            c->t_last = now;
            send_indialog(i, "BYE", 2);
        } else if ((c->state == 4 || c->state == -1) && now > c->begin_at) {
            c->gen++;
            snprintf(c->callid, sizeof c->callid, "%s-%d-%d@%s", runid, i, c->gen, a_ip);
            c->ok200[0] = 0;
            c->b_acked = c->tries = 0;
            c->probe_sent = 0;
            for (int s = 0; s < 2; s++)
                c->leg[s].have_seq = c->leg[s].have_transit = c->leg[s].have_base = 0;
            c->state = 1;
            c->t_invite = c->t_last = now;
            n_begun++;
            send_invite(i);
        } else if (c->state == 1 && c->tries < 5 && now - c->t_last > (500ull << c->tries) * 1000000ull) {
            c->tries++;
            c->t_last = now;
            n_retx++;
            send_invite(i);
        }
    }
}
static double pct(int side, double q) {
    uint64_t tot = lat_n[side], s = 0;
    if (!tot)
        return -1;
    for (int i = 0; i < HMAX; i++) {
        s += hist[side][i];
        if (s >= q * tot)
            return i;
    }
    return HMAX;
}

int main(int ac, char **av) {
    static struct option lo[] = {{"sut", 1, 0, 's'},       {"calls", 1, 0, 'n'},     {"rate", 1, 0, 'r'},
                                 {"secs", 1, 0, 't'},      {"settle", 1, 0, 'S'},    {"codec-a", 1, 0, 'a'},
                                 {"codec-b", 1, 0, 'b'},   {"payload-a", 1, 0, 'A'}, {"payload-b", 1, 0, 'B'},
                                 {"pids", 1, 0, 'p'},      {"dial", 1, 0, 'D'},      {"tag", 1, 0, 'T'},
                                 {"uas-only", 0, 0, 'u'},  {"direct", 0, 0, 'd'},    {"churn", 1, 0, 'c'},
                                 {"probes", 1, 0, 'q'},    {"probe-a", 1, 0, 'Q'},   {"a-ip", 1, 0, 'x'},
                                 {"b-ip", 1, 0, 'y'},      {"via", 1, 0, 'v'},       {0}};
    int o;
    while ((o = getopt_long(ac, av, "", lo, 0)) != -1)
        switch (o) {
        case 's': {
            char *q = strchr(optarg, ':');
            if (q) {
                *q = 0;
                sut_port = atoi(q + 1);
            }
            snprintf(sut_ip, sizeof sut_ip, "%s", optarg);
            break;
        }
        case 'n':
            N = atoi(optarg);
            break;
        case 'r':
            rate = atof(optarg);
            break;
        case 't':
            secs = atof(optarg);
            break;
        case 'S':
            settle = atof(optarg);
            break;
        case 'a':
            ca = codec(optarg);
            break;
        case 'b':
            cb = codec(optarg);
            break;
        case 'A':
            pay_a = optarg;
            break;
        case 'B':
            pay_b = optarg;
            break;
        case 'p':
            pids_arg = optarg;
            break;
        case 'd':
            direct = 1;
            break;
        case 'u':
            uas_only = 1;
            break;
        case 'T':
            tag = optarg;
            break;
        case 'D':
            dial = optarg[0];
            break;
        case 'c':
            churn = atof(optarg);
            break;
        case 'q':
            probes = atoi(optarg);
            break;
        case 'Q':
            fp = load_frames(optarg);
            break;
        case 'x':
            a_ip = optarg;
            break;
        case 'y':
            b_ip = optarg;
            break;
        case 'v':
            via = optarg;
            direct = 1;
            break;
        default:
            fprintf(stderr, "see README\n");
            return 2;
        }
    stamp = ca == cb && !uas_only;
    if (probes && fp.n < PROBE_LOOP) {
        fprintf(stderr, "--probes needs --probe-a with %d frames\n", PROBE_LOOP);
        return 2;
    }
    if (pay_a)
        fa = load_frames(pay_a);
    if (pay_b)
        fb = load_frames(pay_b);
    struct rlimit rl = {65536, 65536};
    setrlimit(RLIMIT_NOFILE, &rl);
    if (b_rtp < a_rtp + 2 * N)
        b_rtp = a_rtp + 2 * N;
    for (int s = 0; s < 2; s++)
        hist[s] = calloc(HMAX, 4);
    snprintf(runid, sizeof runid, "L%x%x", (unsigned)getpid(), (unsigned)(time(0) & 0xffff));
    calls = calloc(N, sizeof *calls);
    srand(getpid());
    sut.sin_family = AF_INET;
    sut.sin_port = htons(sut_port);
    inet_pton(AF_INET, sut_ip, &sut.sin_addr);
    ep = epoll_create1(0);
    struct epoll_event ev = {.events = EPOLLIN};
    sip_a = udp(a_ip, a_port, 0);
    sip_b = udp(b_ip, b_port, 0);
    ev.data.u64 = ~0ull;
    epoll_ctl(ep, EPOLL_CTL_ADD, sip_a, &ev);
    ev.data.u64 = ~1ull;
    epoll_ctl(ep, EPOLL_CTL_ADD, sip_b, &ev);
    int tfd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    struct itimerspec it = {{0, 1000000}, {0, 1000000}};
    timerfd_settime(tfd, 0, &it, 0);
    ev.data.u64 = ~2ull;
    epoll_ctl(ep, EPOLL_CTL_ADD, tfd, &ev);
    for (int i = 0; i < N; i++)
        for (int s = 0; s < 2; s++) {
            Leg *l = &calls[i].leg[s];
            l->fd = udp(s ? b_ip : a_ip, (s ? b_rtp : a_rtp) + 2 * i, 1);
            l->ssrc = rand();
            l->seq = rand();
            l->ts = rand();
            l->payload_pos = rand() % 2000;
            l->pt = (s ? cb : ca)->pt;
            ev.data.u64 = (uint64_t)i * 2 + s;
            epoll_ctl(ep, EPOLL_CTL_ADD, l->fd, &ev);
            snprintf(calls[i].callid, sizeof calls[i].callid, "%s-%d-0@%s", runid, i, a_ip);
        }
    if (direct)
        for (int i = 0; i < N; i++) {
            for (int s = 0; s < 2; s++) {
                Leg *l = &calls[i].leg[s];
                l->up = 1;
                l->remote.sin_family = AF_INET;
                inet_pton(AF_INET, via ? sut_ip : s ? a_ip : b_ip, &l->remote.sin_addr);
                l->remote.sin_port = htons(via ? atoi(via) + 2 * i + s : (s ? a_rtp : b_rtp) + 2 * i);
            }
            calls[i].state = 2;
            n_up++;
        }
    uint64_t t0 = now_ns(CLOCK_MONOTONIC), tick = 0, m_start = 0, m_end = 0;
    int next = direct || uas_only ? N : 0, phase = 0;
    double cpu0 = 0, cpu1 = 0, e0[64], e1[64];
    int ne = 0;
    uint64_t ready_at = 0, bye_at = 0;
    struct rusage r0, r1;
    uint64_t tx0[2] = {0};
    for (;;) {
        struct epoll_event evs[256];
        int k = epoll_wait(ep, evs, 256, 20);
        for (int e = 0; e < k; e++) {
            uint64_t d = evs[e].data.u64;
            if (d == ~0ull)
                on_sip(sip_a, 0);
            else if (d == ~1ull)
                on_sip(sip_b, 1);
            else if (d == ~2ull) {
                uint64_t x;
                if (read(tfd, &x, 8) < 0) {
                }
            } else
                on_rtp(d >> 1, d & 1);
        }
        uint64_t now = now_ns(CLOCK_MONOTONIC), due = (now - t0) / 1000000;
        if (measuring && due > tick) {
            uint64_t late = due - tick;
            if (late > max_late)
                max_late = late;
            if (late > 5)
                late5++;
            if (late > 20)
                late20++;
        }
        while (tick < due) {
            tick++;
            for (int i = (int)((tick * 7) % 20); i < N; i += 20)
                send_rtp(i, 0);
            for (int i = (int)((tick * 7 + 10) % 20); i < N; i += 20)
                send_rtp(i, 1);
        }
        double el = (now - t0) * 1e-9;
        if (churn && phase && phase < 3)
            turn_over(now);
        if (phase == 0) {
            while (next < N && next < el * rate) {
                calls[next].state = 1;
                calls[next].t_invite = calls[next].t_last = now;
                send_invite(next);
                next++;
            }
            for (int i = 0; i < next; i++) {
                Call *c = &calls[i];
                if (c->state == 1 && c->tries < 5 && now - c->t_last > (500ull << c->tries) * 1000000ull) {
                    c->tries++;
                    c->t_last = now;
                    n_retx++;
                    send_invite(i);
                }
            }
            if (next == N && n_up + n_failed >= N) {
                phase = 1;
                ready_at = now;
            } else if (el > (uas_only ? 90 : N / rate + 12)) {
                fprintf(stderr, "%d of %d calls up, going on\n", n_up, N);
                phase = 1;
                ready_at = now;
            }
            if (phase == 1 && n_up == 0) {
                fprintf(stderr, "no call came up: %s\n", last_fail_line);
                printf("{\"tag\":\"%s\",\"error\":\"no call up\",\"last\":\"%s\"}\n", tag, last_fail_line);
                return 1;
            }
        } else if (phase == 1 && now - ready_at > settle * 1e9) {
            phase = 2;
            measuring = 1;
            m_start = now;
            cpu0 = cpu_of(pids_arg, e0, &ne);
            getrusage(RUSAGE_SELF, &r0);
            for (int i = 0; i < N; i++)
                for (int s = 0; s < 2; s++)
                    tx0[s] += calls[i].leg[s].tx;
        } else if (phase == 2 && now - m_start > secs * 1e9) {
            cpu1 = cpu_of(pids_arg, e1, &ne);
            getrusage(RUSAGE_SELF, &r1);
            m_end = now;
            measuring = 0;
            phase = 3;
            bye_at = now;
            uint64_t tx1[2] = {0}, rx[2] = {0}, lost[2] = {0}, dup[2] = {0}, badpt = 0, bads = 0, dead = 0, ssc = 0,
                     by[2] = {0}, late[2] = {0};
            double jit[2] = {0}, jmax[2] = {0}, lv[2] = {0};
            uint64_t lvn[2] = {0};
            int legs_silent = 0;
            for (int i = 0; i < N; i++)
                for (int s = 0; s < 2; s++) {
                    Leg *l = &calls[i].leg[s];
                    tx1[s] += l->tx;
                    late[s] += l->late;
                    if (calls[i].state != 2 && !churn)
                        continue;
                    rx[s] += l->rx;
                    lost[s] += l->lost;
                    dup[s] += l->dup;
                    badpt += l->badpt;
                    bads += l->badstamp;
                    dead += l->dead;
                    ssc += l->ssrc_changes;
                    by[s] += l->rx_bytes;
                    double j = l->jit / (s ? cb : ca)->clock * 1e6;
                    jit[s] += j / n_up;
                    if (j > jmax[s])
                        jmax[s] = j;
                    if (!l->rx && !(uas_only && s == 0))
                        legs_silent++;
                    lv[s] += l->level_sum;
                    lvn[s] += l->level_n;
                }
            double dur = (m_end - m_start) * 1e-9, cm = n_up * dur / 60.0,
                   self = (r1.ru_utime.tv_sec - r0.ru_utime.tv_sec) + (r1.ru_stime.tv_sec - r0.ru_stime.tv_sec) +
                          1e-6 * ((r1.ru_utime.tv_usec - r0.ru_utime.tv_usec) +
                                  (r1.ru_stime.tv_usec - r0.ru_stime.tv_usec));
            printf("{\"tag\":\"%s\",\"codec\":\"%s-%s\",\"calls\":%d,\"failed\":%d,\"last_fail\":\"%s\",\"secs\":%.2f,"
                   "\"call_min\":%.3f,\"cpu_s\":%.2f,\"cpu_per_call_min\":%.5f,\"cpu_each\":[",
                   tag, ca->name, cb->name, n_up, n_failed, last_fail_line, dur, cm, cpu1 - cpu0, (cpu1 - cpu0) / cm);
            for (int i = 0; i < ne; i++)
                printf("%s%.2f", i ? "," : "", e1[i] - e0[i]);
            char ra[40], rb[40];
            inet_ntop(AF_INET, &calls[0].leg[0].remote.sin_addr, ra, sizeof ra);
            inet_ntop(AF_INET, &calls[0].leg[1].remote.sin_addr, rb, sizeof rb);
            printf("],\"media_to\":[\"%s:%d\",\"%s:%d\"", ra, ntohs(calls[0].leg[0].remote.sin_port), rb,
                   ntohs(calls[0].leg[1].remote.sin_port));
            printf("],\"gen_cpu_s\":%.2f,\"gen_late_ms_max\":%llu,\"gen_late5\":%llu,\"setup_ms_avg\":%.2f,\"sip_"
                   "retx\":%d,\"badpt\":%llu,\"badstamp\":%llu,\"ssrc_changes\":%llu,\"silent_legs\":%d,\"dead_legs\":%"
                   "llu,\"lat_kind\":\"%s\",\"gen_late20\":%llu,\"begun_anew\":%llu,\"ended\":%llu,\"bursts\":%llu,"
                   "\"bursts_lost\":%llu,\"audio_ms\":{\"p50\":%.2f,\"p99\":%.2f}",
                   self, (unsigned long long)max_late, (unsigned long long)late5,
                   setup_n ? setup_sum * 1e-6 / setup_n : 0, n_retx, (unsigned long long)badpt,
                   (unsigned long long)bads, (unsigned long long)ssc, legs_silent, (unsigned long long)dead,
                   stamp ? "stamp" : "phase20ms", (unsigned long long)late20, (unsigned long long)n_begun,
                   (unsigned long long)n_ended, (unsigned long long)n_bursts, (unsigned long long)n_lost_bursts,
                   probe_ms(.5), probe_ms(.99));
            for (int s = 0; s < 2; s++) {
                double m = lat_n[s] ? lat_sum[s] / lat_n[s] : -1,
                       sd = lat_n[s] ? sqrt(fmax(0, lat_sq[s] / lat_n[s] - m * m)) : -1;
                printf(",\"%s\":{\"tx\":%llu,\"rx\":%llu,\"lost\":%llu,\"late\":%llu,\"dup_or_reord\":%llu,\"rx_payload_avg\":%.1f,"
                       "\"level\":%.0f,\"lat_us\":{\"mean\":%.0f,\"sd\":%.0f,\"p50\":%.0f,\"p90\":%.0f,\"p99\":%.0f,"
                       "\"p999\":%.0f,\"max\":%.0f},\"jitter_us\":{\"avg\":%.0f,\"max\":%.0f}}",
                       s ? "a_to_b" : "b_to_a", (unsigned long long)(tx1[!s] - tx0[!s]), (unsigned long long)rx[s],
                       (unsigned long long)lost[s], (unsigned long long)late[s], (unsigned long long)dup[s], rx[s] ? (double)by[s] / rx[s] : 0,
                       lvn[s] ? lv[s] / lvn[s] : -1, m, sd, pct(s, .5), pct(s, .9), pct(s, .99), pct(s, .999),
                       lat_max[s], jit[s], jmax[s]);
            }
            printf("}\n");
            fflush(stdout);
            if (direct || uas_only)
                return 0;
            if (churn) {
                n_up = n_done = 0;
                for (int i = 0; i < N; i++)
                    n_up += calls[i].state == 2 || calls[i].state == 3;
            }
            next = 0;
        } else if (phase == 3) {
            double be = (now - bye_at) * 1e-9;
            while (next < N && next < be * rate * 2) {
                if (calls[next].state == 2) {
                    calls[next].state = 3;
                    send_indialog(next, "BYE", 2);
                }
                next++;
            }
            if ((next == N && n_done >= n_up) || be > N / rate + 4) {
                if (n_done < n_up)
                    fprintf(stderr, "%d of %d BYEs answered\n", n_done, n_up);
                return n_failed ? 1 : 0;
            }
        }
    }
}
