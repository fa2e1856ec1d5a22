/* The limit to compare with: librabbitmq publishes COUNT persistent, mandatory messages of SIZE bytes to a durable
 * quorum queue, WINDOW of them in flight, each confirmed. Prints messages per second.
 *
 *     cc -O2 publish_client.c -lrabbitmq -o publish_client
 *     publish_client PORT USER PASSWORD VHOST EXCHANGE COUNT SIZE WINDOW
 */
#include <amqp.h>
#include <amqp_tcp_socket.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void check(int ok, const char *what) {
    if (!ok) {
        fprintf(stderr, "%s failed\n", what);
        exit(1);
    }
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

/* The next confirm: every tag up to the returned one is settled when `multiple` is set, else this one alone. */
static uint64_t next_confirm(amqp_connection_state_t c, int *multiple) {
    for (;;) {
        amqp_frame_t frame;
        amqp_maybe_release_buffers(c);
        check(amqp_simple_wait_frame(c, &frame) == AMQP_STATUS_OK, "wait");
        if (frame.frame_type != AMQP_FRAME_METHOD) continue;
        check(frame.payload.method.id == AMQP_BASIC_ACK_METHOD, "confirm");
        amqp_basic_ack_t *ack = frame.payload.method.decoded;
        *multiple = ack->multiple;
        return ack->delivery_tag;
    }
}

int main(int argc, char **argv) {
    check(argc == 9, "arguments");
    long count = atol(argv[6]), size = atol(argv[7]), window = atol(argv[8]);
    amqp_connection_state_t c = amqp_new_connection();
    amqp_socket_t *s = amqp_tcp_socket_new(c);
    check(s && amqp_socket_open(s, "127.0.0.1", atoi(argv[1])) == AMQP_STATUS_OK, "connect");
    check(amqp_login(c, argv[4], 0, 131072, 0, AMQP_SASL_METHOD_PLAIN, argv[2], argv[3]).reply_type ==
              AMQP_RESPONSE_NORMAL, "login");
    amqp_channel_open(c, 1);
    amqp_confirm_select(c, 1);
    check(amqp_get_rpc_reply(c).reply_type == AMQP_RESPONSE_NORMAL, "channel");

    const char *names[] = {"cloudEvents:specversion", "cloudEvents:id", "cloudEvents:type", "cloudEvents:source",
                           "cloudEvents:time", "cloudEvents:subject", "cloudEvents:dataschema"};
    const char *values[] = {"1.0", "0000000000001.1.0", "id.go.jakarta.aduan.complaint.created",
                            "https://aduan.example.go.id", "2026-11-23T02:00:00Z", "261123-0001-0",
                            "urn:kanal-aduan:schema:complaint-event:1.0"};
    amqp_table_entry_t entries[7];
    for (int i = 0; i < 7; i++) {
        entries[i].key = amqp_cstring_bytes(names[i]);
        entries[i].value.kind = AMQP_FIELD_KIND_UTF8;
        entries[i].value.value.bytes = amqp_cstring_bytes(values[i]);
    }
    amqp_basic_properties_t p;
    memset(&p, 0, sizeof p);
    p._flags = AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_HEADERS_FLAG | AMQP_BASIC_DELIVERY_MODE_FLAG |
               AMQP_BASIC_MESSAGE_ID_FLAG;
    p.content_type = amqp_cstring_bytes("application/json");
    p.headers.num_entries = 7;
    p.headers.entries = entries;
    p.delivery_mode = 2;
    p.message_id = amqp_cstring_bytes("0000000000001.1.0");
    amqp_bytes_t body = {size, malloc(size)};
    memset(body.bytes, 'x', size);

    unsigned char *settled = calloc(count + 1, 1);
    long sent = 0, done = 0, low = 1;
    double start = now();
    while (done < count) {
        while (sent < count && sent - done < window) {
            check(amqp_basic_publish(c, 1, amqp_cstring_bytes(argv[5]), amqp_cstring_bytes("created.sms.3171"), 1, 0,
                                     &p, body) == AMQP_STATUS_OK, "publish");
            sent++;
        }
        int multiple;
        uint64_t tag = next_confirm(c, &multiple);
        if (!multiple) {
            done += !settled[tag];
            settled[tag] = 1;
        } else {
            for (; low <= (long)tag; low++) {
                done += !settled[low];
                settled[low] = 1;
            }
        }
    }
    printf("%.0f\n", count / (now() - start));
    amqp_connection_close(c, AMQP_REPLY_SUCCESS);
    return 0;
}
