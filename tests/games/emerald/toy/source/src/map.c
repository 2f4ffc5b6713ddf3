/* map.c: the map in memory, the save blocks, and who stands on it. */
#include "toy.h"

#define BUFFER 0x02000000 /* Emerald's heap */

static u32 move_block(u32 from, u32 base, u32 size) {
    u32 to = base + (draw_random() & 0x7C);
    if (!from) from = to; /* empty as yet */
    copy(from, BUFFER, size);
    copy(BUFFER, to, size);
    return to;
}

/* Both blocks go elsewhere, behind a gap of their own, and money gets another key. */
void move_save_blocks(void) {
    u32 key = draw_random() << 16 | draw_random();
    SAVE_1 = move_block(SAVE_1, SAVE_1_BASE, SAVE_1_SIZE);
    SAVE_2 = move_block(SAVE_2, SAVE_2_BASE, SAVE_2_SIZE);
    SB1(u32, SB1_MONEY) ^= SB2(u32, SB2_KEY) ^ key;
    SB2(u32, SB2_KEY) = key;
}

int get_flag(u32 flag) { return SB1(u8, SB1_FLAGS + (flag >> 3)) >> (flag & 7) & 1; }

void set_flag(u32 flag) { SB1(u8, SB1_FLAGS + (flag >> 3)) |= (u8)(1 << (flag & 7)); }

/* ---- blocks ---- */

static const MapHeader *find_map(u8 group, u8 number) {
    for (int i = 0; i < MAP_COUNT; i++)
        if (map_places[i].group == group && map_places[i].number == number)
            return map_places[i].header;
    return 0;
}

static u32 get_block(int x, int y) {
    x += MARGIN;
    y += MARGIN;
    int inside = x >= 0 && y >= 0 && x < BACKUP_WIDTH && y < BACKUP_HEIGHT;
    u32 block = inside ? BLOCKS[y * BACKUP_WIDTH + x] : UNDEFINED;
    return (block & UNDEFINED) == UNDEFINED ? MAP->layout->border[0] | COLLISION : block;
}

static void put_layout(const Layout *layout, int x0, int y0) {
    for (int y = 0; y < layout->height; y++)
        for (int x = 0; x < layout->width; x++) {
            int column = x0 + x + MARGIN, row = y0 + y + MARGIN;
            if (column < 0 || row < 0 || column >= BACKUP_WIDTH || row >= BACKUP_HEIGHT) continue;
            BLOCKS[row * BACKUP_WIDTH + column] = layout->map[y * layout->width + x];
        }
}

static void put_neighbour(const Connection *way) {
    const Layout *own = MAP->layout, *other = find_map(way->group, way->number)->layout;
    switch (way->direction) {
    case SOUTH: put_layout(other, way->offset, own->height); break;
    case NORTH: put_layout(other, way->offset, -other->height); break;
    case WEST: put_layout(other, -other->width, way->offset); break;
    case EAST: put_layout(other, own->width, way->offset); break;
    }
}

static void fill_blocks(void) {
    const Layout *layout = MAP->layout;
    BACKUP_WIDTH = layout->width + 2 * MARGIN + 1;
    BACKUP_HEIGHT = layout->height + 2 * MARGIN;
    BACKUP_BLOCKS = (u32)BLOCKS;
    for (int i = 0; i < BLOCKS_SIZE; i++) BLOCKS[i] = UNDEFINED;
    put_layout(layout, 0, 0);
    for (int i = 0; MAP->connections && i < MAP->connections->count; i++)
        put_neighbour(&MAP->connections->entry[i]);
}

int is_blocked(int x, int y) { return (get_block(x, y) & COLLISION) != 0; }

static const Tileset *get_tileset(u32 metatile) {
    return metatile < SECONDARY ? MAP->layout->primary : MAP->layout->secondary;
}

int get_behaviour(int x, int y) {
    u32 metatile = get_block(x, y) & UNDEFINED;
    return get_tileset(metatile)->attributes[metatile % SECONDARY] & 0xFF;
}

void draw_map(int x, int y) {
    for (int row = y - 7; row <= y + 7; row++)
        for (int column = x - 8; column < x + 8; column++) {
            u32 metatile = get_block(column, row) & UNDEFINED;
            put_metatile(column, row, get_tileset(metatile)->metatiles + metatile % SECONDARY * 8);
        }
}

/* ---- people ---- */

int is_active(int slot) { return OBJECTS[slot].flags & OBJECT_ACTIVE; }

int find_object(int x, int y) {
    for (int i = 0; i < OBJECT_COUNT; i++)
        if (is_active(i) && OBJECTS[i].x == x + MARGIN && OBJECTS[i].y == y + MARGIN) return i;
    return -1;
}

static volatile Object *take_object(int slot) {
    volatile u8 *bytes = (volatile u8 *)&OBJECTS[slot];
    for (u32 i = 0; i < sizeof(Object); i++) bytes[i] = 0;
    OBJECTS[slot].flags = OBJECT_ACTIVE;
    OBJECTS[slot].group = SB1(u8, SB1_GROUP);
    OBJECTS[slot].number = SB1(u8, SB1_NUMBER);
    OBJECTS[slot].elevation = 0x33;
    return &OBJECTS[slot];
}

static void put_object(volatile Object *object, int x, int y, int facing) {
    object->first_x = object->x = object->old_x = (s16)(x + MARGIN);
    object->first_y = object->y = object->old_y = (s16)(y + MARGIN);
    object->facing = (u8)(facing | facing << 4);
}

static void spawn(const volatile Template *from) {
    int slot = 0;
    for (int i = OBJECT_COUNT - 1; i >= 0; i--) {
        if (!is_active(i)) slot = i;
        else if (OBJECTS[i].local_id == from->local_id) return;
    }
    volatile Object *object = take_object(slot);
    object->graphics = from->graphics;
    object->movement = from->movement;
    object->trainer_type = (u8)from->trainer_type;
    object->local_id = from->local_id;
    put_object(object, from->x, from->y, SOUTH);
}

static void remove_object(u8 local_id) {
    for (int i = 0; i < OBJECT_COUNT; i++)
        if (OBJECTS[i].local_id == local_id) OBJECTS[i].flags = 0;
}

static int is_near(int x, int y) {
    int dx = x - SB1(s16, SB1_X), dy = y - SB1(s16, SB1_Y);
    return dx >= -9 && dx <= 9 && dy >= -7 && dy <= 7;
}

/* Who is near the player is there, as far as no flag hides him; who is far, is only in the list. */
void spawn_objects(void) {
    const volatile Template *list = (const volatile Template *)(SAVE_1 + SB1_TEMPLATES);
    for (int i = 0; i < MAP->events->objects; i++) {
        int hidden = list[i].hide_flag && get_flag(list[i].hide_flag);
        if (!hidden && is_near(list[i].x, list[i].y)) spawn(&list[i]);
        else remove_object(list[i].local_id);
    }
}

static void list_templates(void) {
    u32 from = (u32)MAP->events->object, to = SAVE_1 + SB1_TEMPLATES;
    for (u32 i = 0; i < TEMPLATE_COUNT * sizeof(Template); i += 4)
        AT(u32, to + i) = i < MAP->events->objects * sizeof(Template) ? AT(u32, from + i) : 0;
}

/* ---- the whole ---- */

void load_map(u8 group, u8 number) {
    copy((u32)find_map(group, number), (u32)MAP, sizeof(MapHeader));
    SB1(u8, SB1_GROUP) = group;
    SB1(u8, SB1_NUMBER) = number;
    SB1(u16, SB1_LAYOUT) = MAP->layout_id;
    list_templates();
    fill_blocks();
    load_tileset(MAP->layout->primary, 0);
    load_tileset(MAP->layout->secondary, SECONDARY);
    for (int i = 0; i < OBJECT_COUNT; i++) OBJECTS[i].flags = OBJECTS[i].local_id = 0;
}

void place_player(int x, int y, int facing) {
    AVATAR_OBJECT = 0;
    volatile Object *player = take_object(0);
    player->flags2 = OBJECT_IS_PLAYER;
    player->local_id = 0xFF;
    put_object(player, x, y, facing);
    SB1(s16, SB1_X) = (s16)x;
    SB1(s16, SB1_Y) = (s16)y;
    spawn_objects();
}
