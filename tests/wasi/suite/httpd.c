/* A web server on a listening socket that it was given as the descriptor in its argument; ends after GET /quit. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void send_all(int connection, const char *data, size_t size) {
  while (size > 0) {
    ssize_t sent = send(connection, data, size, 0);
    if (sent <= 0) return;
    data += sent;
    size -= sent;
  }
}

static void answer(int connection, const char *status, const char *body, size_t size) {
  char head[256];
  int length = snprintf(head, sizeof head,
                        "HTTP/1.1 %s\r\nContent-Length: %zu\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n",
                        status, size);
  send_all(connection, head, length);
  send_all(connection, body, size);
}

/* Serves one request; whether to go on. */
static int serve(int connection) {
  static char request[1 << 20];
  size_t size = 0, wanted = 0;
  char *body = NULL;
  while (size < sizeof request - 1 && (!body || size - (body - request) < wanted)) {
    ssize_t got = recv(connection, request + size, sizeof request - 1 - size, 0);
    if (got <= 0) return 1;
    request[size += got] = 0;
    if (!body && (body = strstr(request, "\r\n\r\n"))) {
      body += 4;
      char *field = strstr(request, "Content-Length: ");
      if (field && field < body) wanted = strtoul(field + 16, NULL, 10);
    }
  }
  if (!strncmp(request, "GET /hello ", 11)) answer(connection, "200 OK", "hello, world\n", 13);
  else if (!strncmp(request, "POST /echo ", 11)) answer(connection, "200 OK", body, wanted);
  else if (!strncmp(request, "GET /file ", 10)) {
    static char data[1 << 16];
    FILE *file = fopen("/page.txt", "r");
    size_t length = file ? fread(data, 1, sizeof data, file) : 0;
    if (file) fclose(file);
    answer(connection, file ? "200 OK" : "404 Not Found", data, length);
  } else if (!strncmp(request, "GET /quit ", 10)) {
    answer(connection, "200 OK", "", 0);
    return 0;
  } else answer(connection, "404 Not Found", "", 0);
  return 1;
}

int main(int argc, char **argv) {
  int listener = argc > 1 ? atoi(argv[1]) : 3, running = 1, served = 0;
  while (running) {
    struct pollfd waiting = {listener, POLLIN, 0};
    if (poll(&waiting, 1, 60000) != 1) return 1;
    int connection = accept(listener, NULL, NULL);
    if (connection < 0) return 2;
    running = serve(connection);
    served++;
    shutdown(connection, SHUT_WR);
    close(connection);
  }
  printf("served %d\n", served);
  return 0;
}
