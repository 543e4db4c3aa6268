/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/message.h"

#include "base/bytes.h"
#include "wire/chars.h"

/* ---- fields of a message ---- */

void message_init(struct message *m, struct field *storage, uint16_t room)
{
    bytes_clear(m, sizeof(*m));
    m->fields = storage;
    m->field_room = room;
}

static bool field_is(const struct field *f, enum field_id id, struct span name)
{
    return f->id == id && !f->gone && (id != FIELD_OTHER || span_eq_nocase(f->name, name));
}

/* The first at or after <from> with that id, and for an unknown id that name. */
static const struct field *find_from(const struct message *m, size_t from, enum field_id id, struct span name)
{
    for (size_t i = from; i < m->field_count; i++)
        if (field_is(&m->fields[i], id, name))
            return &m->fields[i];
    return NULL;
}

const struct field *message_find(const struct message *m, enum field_id id)
{
    if (id == FIELD_OTHER || m->first[id] == 0)
        return NULL;
    return &m->fields[m->first[id] - 1];
}

const struct field *message_find_name(const struct message *m, struct span name)
{
    enum field_id id = field_id_of(name);
    return id == FIELD_OTHER ? find_from(m, 0, id, name) : message_find(m, id);
}

const struct field *message_next(const struct message *m, const struct field *f)
{
    return find_from(m, (size_t)(f - m->fields) + 1, (enum field_id)f->id, f->name);
}

bool message_add(struct message *m, struct span name, struct span value)
{
    if (m->field_count >= m->field_room)
        return false;
    enum field_id id = field_id_of(name);
    m->fields[m->field_count++] =
        (struct field){ .name = name, .value = value, .id = (uint8_t)id, .hop = field_id_is_hop(id) };
    if (m->first[id] == 0)
        m->first[id] = m->field_count;
    return true;
}

static unsigned remove_fields(struct message *m, enum field_id id, struct span name)
{
    unsigned removed = 0;
    for (size_t i = 0; i < m->field_count; i++) {
        if (field_is(&m->fields[i], id, name)) {
            m->fields[i].gone = 1;
            removed++;
        }
    }
    if (id != FIELD_OTHER)
        m->first[id] = 0;
    return removed;
}

unsigned message_remove(struct message *m, struct span name)
{
    return remove_fields(m, field_id_of(name), name);
}

unsigned message_remove_id(struct message *m, enum field_id id)
{
    return id == FIELD_OTHER || m->first[id] == 0 ? 0 : remove_fields(m, id, SPAN(""));
}

void message_drop(struct message *m, const struct field *f)
{
    struct field *own = &m->fields[f - m->fields];
    own->gone = 1;
    if (own->id == FIELD_OTHER || &m->fields[m->first[own->id] - 1] != own)
        return;
    const struct field *next = message_next(m, own);
    m->first[own->id] = next ? (uint16_t)(next - m->fields + 1) : 0;
}

bool field_name_is_valid(struct span name)
{
    return name.len > 0 && chars_of(name, CHAR_TOKEN) == name.len;
}

bool field_value_is_valid(struct span value)
{
    if (value.len && (char_is_blank(value.ptr[0]) || char_is_blank(value.ptr[value.len - 1])))
        return false;
    return chars_of(value, CHAR_TEXT) == value.len;
}

/* ---- values ---- */

/* Where the member that starts at <s> ends: at a comma outside quotes, or at the end. */
static size_t member_len(struct span s)
{
    bool quoted = false;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (quoted && c == '\\')
            i++;
        else if (c == '"')
            quoted = !quoted;
        else if (c == ',' && !quoted)
            return i;
    }
    return s.len;
}

bool list_member(struct span *list, struct span *member)
{
    while (list->len) {
        size_t len = member_len(*list);
        struct span found = span_trim(span_first(*list, len));
        *list = span_from_index(*list, len + 1);
        if (found.len) { /* RFC 9110 5.6.1.2: empty members count for nothing */
            *member = found;
            return true;
        }
    }
    return false;
}

bool list_has_token(struct span list, struct span token)
{
    struct span member;
    while (list_member(&list, &member))
        if (span_eq_nocase(member, token))
            return true;
    return false;
}

bool cookie_find(struct span cookies, struct span name, struct span *value)
{
    while (cookies.len) {
        const char *semicolon = memchr(cookies.ptr, ';', cookies.len);
        size_t len = semicolon ? (size_t)(semicolon - cookies.ptr) : cookies.len;
        struct span pair = span_trim(span_first(cookies, len));
        cookies = span_from_index(cookies, len + 1);
        if (pair.len > name.len && pair.ptr[name.len] == '=' && span_eq(span_first(pair, name.len), name)) {
            *value = span_from_index(pair, name.len + 1);
            return true;
        }
    }
    return false;
}
