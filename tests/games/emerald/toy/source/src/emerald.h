/* emerald.h: where this cartridge keeps its state, and in which structures: Emerald's.
 *
 * The addresses and layouts are those that games/emerald/adapter.py reads. The values that Emerald
 * takes from its own code (which screen, which task) are constants: this code lies elsewhere. */
#ifndef EMERALD_H
#define EMERALD_H

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef signed char s8;
typedef signed short s16;
typedef signed int s32;

#define AT(type, address) (*(volatile type *)(address))

/* ---- screens, scripts, tasks ---- */
#define CALLBACK1 AT(u32, 0x030022C0)
#define CALLBACK2 AT(u32, 0x030022C4)
enum {
    CB1_OVERWORLD = 0x08085E05,
    CB2_OVERWORLD = 0x08085E5D,
    CB2_MAIN_MENU = 0x0802F6B1,
    CB2_INTRO = 0x0816CC01,
    CB2_TITLE = 0x080AAB2D,
    CB2_NAMING = 0x080E4F59,
};

#define SCRIPT_STATUS AT(u8, 0x03000E38)
enum { SCRIPT_RUNNING, SCRIPT_WAITING, SCRIPT_STOPPED };
#define SCRIPT_NATIVE AT(u32, 0x03000E44)
#define NATIVE_WAITS_FOR_BUTTON 0x0809AC99
#define STRING_VAR_4 ((volatile u8 *)0x02021FC4)

#define TASK_FUNCTION(i) AT(u32, 0x03005E00 + (i) * 40)
#define TASK_ACTIVE(i) AT(u8, 0x03005E04 + (i) * 40)
enum { TASK_YES_NO = 0x080E215D, TASK_START_MENU = 0x0809FA35 };
#define MENU_CURSOR AT(s8, 0x0203CD92)
#define MENU_LAST AT(s8, 0x0203CD94)
#define START_CURSOR AT(u8, 0x0203760E)
#define START_COUNT AT(u8, 0x0203760F)
#define FADE AT(u8, 0x02037FDB)
#define FADE_ACTIVE 0x80

/* ---- the save blocks, which move ---- */
#define SAVE_1 AT(u32, 0x03005D8C)
#define SAVE_2 AT(u32, 0x03005D90)
enum {
    SAVE_1_BASE = 0x02025A00,
    SAVE_1_SIZE = 0x3D88,
    SAVE_2_BASE = 0x02024A54,
    SAVE_2_SIZE = 0xF2C,
};
#define SB1(type, offset) AT(type, SAVE_1 + (offset))
#define SB2(type, offset) AT(type, SAVE_2 + (offset))
enum { SB1_X = 0, SB1_Y = 2, SB1_GROUP = 4, SB1_NUMBER = 5, SB1_LAYOUT = 0x32, SB1_MONEY = 0x490,
       SB1_TEMPLATES = 0xC70, SB1_FLAGS = 0x1270, SB1_VARS = 0x139C };
enum { SB2_NAME = 0, SB2_HOURS = 0xE, SB2_MINUTES = 0x10, SB2_SECONDS = 0x11, SB2_FRAMES = 0x12,
       SB2_KEY = 0xAC };
enum { FLAG_CLOCK_SET = 0x51, FLAG_STARTER = 0x860 };

/* ---- the map ---- */
typedef struct { s16 x, y; u8 elevation, warp, number, group; } Warp;
typedef struct { u16 x, y; u8 elevation, kind; const struct Script *script; } Sign;
typedef struct {
    u8 local_id, graphics, kind, pad;
    s16 x, y;
    u8 elevation, movement;
    u16 range, trainer_type, sight;
    const struct Script *script;
    u16 hide_flag, pad2;
} Template;
typedef struct {
    u8 objects, warps, coords, signs;
    const Template *object;
    const Warp *warp;
    const void *coord;
    const Sign *sign;
} Events;
typedef struct {
    u8 compressed, secondary;
    const u32 *tiles;
    const u16 *palette;
    const u16 *metatiles;  /* 8 tile entries each; the last 4 are unused here */
    const u16 *attributes; /* low byte: behaviour */
    void (*callback)(void);
} Tileset;
typedef struct {
    s32 width, height;
    const u16 *border, *map;
    const Tileset *primary, *secondary;
} Layout;
typedef struct { u8 direction; s32 offset; u8 group, number; } Connection;
typedef struct { s32 count; const Connection *entry; } Connections;
typedef struct {
    const Layout *layout;
    const Events *events;
    const struct Entry *entry; /* Emerald: scripts of the map */
    const Connections *connections;
    u16 music, layout_id;
    u8 section, cave, weather, type;
    u32 rest;
} MapHeader;
_Static_assert(sizeof(Template) == 24 && sizeof(MapHeader) == 28 && sizeof(Connection) == 12, "");

#define MAP ((volatile MapHeader *)0x02037318)
#define BACKUP_WIDTH AT(s32, 0x03005DC0)
#define BACKUP_HEIGHT AT(s32, 0x03005DC4)
#define BACKUP_BLOCKS AT(u32, 0x03005DC8)
#define BLOCKS ((volatile u16 *)0x02032318)
enum { MARGIN = 7, BLOCKS_SIZE = 0x2800, UNDEFINED = 0x3FF, COLLISION = 0xC00, SECONDARY = 512 };
#define WARP_DESTINATION ((volatile u8 *)0x020322E4) /* group, number, warp, pad, s16 x, y */

typedef struct {
    u8 flags, flags1, flags2, flags3, sprite, graphics, movement, trainer_type;
    u8 local_id, number, group, elevation;
    s16 first_x, first_y, x, y, old_x, old_y;
    u8 facing, rest[11];
} Object;
_Static_assert(sizeof(Object) == 0x24, "");
#define OBJECTS ((volatile Object *)0x02037350)
enum { OBJECT_COUNT = 16, TEMPLATE_COUNT = 64, OBJECT_ACTIVE = 1, OBJECT_IS_PLAYER = 1 };
#define AVATAR_OBJECT AT(u8, 0x02037595)
enum { SOUTH = 1, NORTH, WEST, EAST };

/* ---- the party ---- */
#define PARTY_COUNT AT(u8, 0x020244E9)
#define PARTY 0x020244EC

#endif
