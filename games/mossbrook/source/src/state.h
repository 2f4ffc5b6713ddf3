/* state.h: everything the game knows while it runs, in one struct at a fixed address.
 *
 * The struct lies at 0x02000000, the start of the GBA's external work RAM (GBATEK, "GBA Memory
 * Map"). A program that watches the game (games/mossbrook/adapter.py) reads it there. The offset
 * of each field is written beside it and checked by the compiler at the end of this file. All
 * numbers are little-endian. Positions count 16x16-pixel tiles from the map's top left corner.
 */
#ifndef STATE_H
#define STATE_H

typedef unsigned char u8;
typedef signed char s8;
typedef unsigned short u16;
typedef short s16;
typedef unsigned int u32;

#define STATE_ADDRESS 0x02000000
#define STATE_MAGIC 0x53534F4Du /* "MOSS" */

#define MAX_NAME 7        /* letters of the player's name */
#define MAX_NPCS 8        /* people on one map */
#define MAX_MAP_SIDE 32   /* tiles */
#define LINE_LENGTH 26    /* letters in a line of the text window */

enum Scene {
    SCENE_BOOT,      /* before the first frame */
    SCENE_LOGO,      /* passes by itself or by A */
    SCENE_TITLE,     /* waits for START */
    SCENE_NEW_GAME,  /* one text box: a new game begins */
    SCENE_NAMING,    /* the letter grid */
    SCENE_INTRO,     /* the professor speaks */
    SCENE_OVERWORLD, /* walking about, with dialogues and menus */
    SCENE_CLOCK,     /* setting the wall clock */
    SCENE_BATTLE,
    SCENE_COUNT
};

enum MenuKind {
    MENU_NONE,
    MENU_YES_NO,  /* items: 0 yes, 1 no */
    MENU_NAMING,  /* the letter grid: see name_column, name_row */
    MENU_CLOCK,   /* see clock_hour, clock_minute, clock_field */
    MENU_STARTER, /* items: the three creatures in the bag */
    MENU_BATTLE,  /* items: 0 fight, 1 item, 2 run */
    MENU_MOVES,   /* items: the creature's four moves */
    MENU_KIND_COUNT
};

/* Story events, bits of `flags`: set once, never cleared. */
enum Flag {
    FLAG_LEFT_CART = 1 << 0,
    FLAG_CLOCK_SET = 1 << 1,
    FLAG_MOM_TALKED = 1 << 2,
    FLAG_RIVAL_MET = 1 << 3,
    FLAG_STARTER_CHOSEN = 1 << 4,
    FLAG_FIRST_BATTLE_WON = 1 << 5,
    FLAG_LAB_VISITED = 1 << 6,
    FLAG_HEALED = 1 << 7,
    FLAG_TRAINER_BEATEN = 1 << 8,
    FLAG_BADGE_WON = 1 << 9,
    FLAG_MOM_GREETED = 1 << 10,
};

enum BattlePhase {
    BATTLE_NONE,
    BATTLE_MESSAGE,     /* a text waits for A */
    BATTLE_CHOOSE,      /* the menu FIGHT, ITEM, RUN */
    BATTLE_CHOOSE_MOVE, /* the menu of four moves */
    BATTLE_DRAIN,       /* a bar is moving: input is ignored */
    BATTLE_PHASE_COUNT
};

enum BattleKind { BATTLE_WILD, BATTLE_FIRST, BATTLE_TRAINER, BATTLE_LEADER };

enum BattleResult { RESULT_NONE, RESULT_WON, RESULT_LOST, RESULT_FLED };

typedef struct {
    u8 species; /* +0 enum CreatureId of the assets */
    u8 level;   /* +1 */
    u8 hp;      /* +2 */
    u8 max_hp;  /* +3 */
    u8 moves[4]; /* +4 enum MoveId of battle.h */
} Creature; /* 8 bytes */

typedef struct {
    u8 x, y;   /* +0, +1 tile; while walking, the tile walked to */
    u8 facing; /* +2 */
    u8 sprite; /* +3 enum of the assets: which person */
    u8 moving; /* +4 frames left of the present step */
    u8 wait;   /* +5 frames until the next step is considered */
    u8 home_x, home_y; /* +6, +7 where it started on this map */
} NpcState; /* 8 bytes */

typedef struct {
    u32 magic;       /* 0x000 STATE_MAGIC once the game runs */
    u32 frame;       /* 0x004 frames since power-on */
    u32 rng;         /* 0x008 the generator: advanced once a frame and once a draw */
    u8 scene;        /* 0x00C enum Scene */
    u8 busy;         /* 0x00D 1: input is ignored now (fade, step, text appearing) */
    u8 fade;         /* 0x00E 0 bright .. 16 black */
    u8 badges;       /* 0x00F */

    u8 map_id;       /* 0x010 enum MapId */
    u8 map_width;    /* 0x011 tiles */
    u8 map_height;   /* 0x012 */
    u8 npc_count;    /* 0x013 */
    u8 player_x;     /* 0x014 while walking, the tile walked to */
    u8 player_y;     /* 0x015 */
    u8 facing;       /* 0x016 0 down, 1 up, 2 left, 3 right */
    u8 moving;       /* 0x017 frames left of the present step, 0 standing */

    u32 flags;       /* 0x018 enum Flag */
    u8 last_bed;     /* 0x01C enum MapId: where a lost battle ends */
    u8 defeats;      /* 0x01D battles lost, stops at 255 */
    u8 items;        /* 0x01E berries in the pocket */
    u8 doors_open;   /* 0x01F gym doors: bit 0 the red ones, bit 1 the blue ones */

    u8 menu_kind;    /* 0x020 enum MenuKind */
    u8 menu_cursor;  /* 0x021 item under the cursor */
    u8 menu_count;   /* 0x022 items */
    u8 starter_seen; /* 0x023 which of the three was held up last */

    u8 name_column;  /* 0x024 0..6 */
    u8 name_row;     /* 0x025 0..3; END is row 3, column 5 */
    u8 name_length;  /* 0x026 */
    u8 pad_27;       /* 0x027 */
    char name[MAX_NAME + 1]; /* 0x028 ends with 0 */

    u8 clock_hour;   /* 0x030 0..23 */
    u8 clock_minute; /* 0x031 0, 5 .. 55 */
    u8 clock_field;  /* 0x032 0 hours, 1 minutes */
    u8 steps_safe;   /* 0x033 steps until the tall grass may start a battle */

    u8 text_open;    /* 0x034 1: the text window is on the screen */
    u8 text_waiting; /* 0x035 1: the arrow is shown, A goes on */
    u16 text_id;     /* 0x036 enum TextId of texts.h */
    u8 text_page;    /* 0x038 page shown, from 0 */
    u8 text_pages;   /* 0x039 pages of this text */
    u8 script;       /* 0x03A enum ScriptId now running, 0 none */
    u8 script_step;  /* 0x03B */
    char text[2][LINE_LENGTH + 2]; /* 0x03C the two visible lines, each ends with 0 */

    u8 party_count;  /* 0x074 0 or 1 */
    u8 pad_75[3];    /* 0x075 */
    Creature party;  /* 0x078 the player's creature */

    u8 battle_phase; /* 0x080 enum BattlePhase */
    u8 battle_kind;  /* 0x081 enum BattleKind */
    u8 battle_result; /* 0x082 enum BattleResult, of the last battle */
    u8 battle_turn;  /* 0x083 turns so far, stops at 255 */
    Creature enemy;  /* 0x084 */
    u8 shown_hp;     /* 0x08C what the player's bar shows while it moves */
    u8 shown_enemy_hp; /* 0x08D */
    u8 battle_cursor; /* 0x08E last move chosen */
    u8 pad_8F;       /* 0x08F */

    NpcState npcs[MAX_NPCS]; /* 0x090 people of the current map */

    /* 0x0D0 behaviour of every tile of the current map, row by row, map_width a row (enum Behaviour
     * of the assets: 0 free, 1 solid, 2 tall grass, 3 counter, 4 switch, 5 closed gym door, 6 and
     * more things to examine). Changes when a gym door opens. */
    u8 behaviour[MAX_MAP_SIDE * MAX_MAP_SIDE];
} GameState; /* 0x4D0 bytes */

/* The one instance. Only the engine's own bookkeeping (state of the hardware) lives elsewhere. */
#define game (*(GameState *)STATE_ADDRESS)

#define AT(field, offset) \
    _Static_assert(__builtin_offsetof(GameState, field) == (offset), "offset of " #field)
AT(map_id, 0x10);
AT(flags, 0x18);
AT(menu_kind, 0x20);
AT(name_column, 0x24);
AT(name, 0x28);
AT(clock_hour, 0x30);
AT(text_open, 0x34);
AT(text, 0x3C);
AT(party_count, 0x74);
AT(party, 0x78);
AT(battle_phase, 0x80);
AT(enemy, 0x84);
AT(npcs, 0x90);
AT(behaviour, 0xD0);
_Static_assert(sizeof(GameState) == 0x4D0, "size of GameState");

#endif
