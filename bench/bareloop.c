// bareloop: the floor for a media relay. Two UDP sockets for each call; what comes to one is sent on from the other to
// where that one last heard from. Nothing is read, checked or counted.
//   cc -O2 -Wall -o bareloop bareloop.c && ./bareloop IP FIRST_PORT CALLS
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int count, char **arguments) {
    if (count != 4)
        return fprintf(stderr, "bareloop IP FIRST_PORT CALLS\n"), 2;
    int sockets = 2 * atoi(arguments[3]), first = atoi(arguments[2]);
    int *fds = calloc(sockets, sizeof *fds);
    struct sockaddr_in *peers = calloc(sockets, sizeof *peers);
    struct rlimit limit = {65536, 65536};
    setrlimit(RLIMIT_NOFILE, &limit);
    int poll = epoll_create1(0);
    for (int i = 0; i < sockets; i++) {
        struct sockaddr_in own = {.sin_family = AF_INET, .sin_port = htons(first + i)};
        inet_pton(AF_INET, arguments[1], &own.sin_addr);
        fds[i] = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
        if (fds[i] < 0 || bind(fds[i], (void *)&own, sizeof own))
            return perror("bareloop"), 1;
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = i};
        epoll_ctl(poll, EPOLL_CTL_ADD, fds[i], &event);
    }
    puts("ready");
    fflush(stdout);
    for (;;) {
        struct epoll_event events[256];
        int ready = epoll_wait(poll, events, 256, -1);
        for (int e = 0; e < ready; e++) {
            int i = events[e].data.u32, other = i ^ 1;
            char packet[2048];
            socklen_t size = sizeof *peers;
            ssize_t length = recvfrom(fds[i], packet, sizeof packet, 0, (void *)&peers[i], &size);
            if (length >= 0 && peers[other].sin_port)
                sendto(fds[other], packet, length, 0, (void *)&peers[other], sizeof *peers);
        }
    }
}
