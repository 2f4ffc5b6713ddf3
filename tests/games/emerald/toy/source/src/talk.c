/* talk.c: text, the yes/no box and the start menu. */
#include "toy.h"

enum { TEXT_COLUMN = 3, TEXT_ROW = 16, TEXT_WIDTH = 27, TASK = 1 };
enum { PHASE_NONE, PHASE_TEXT, PHASE_YES_NO };
enum { ENTRIES = 4 };

static u16 place; /* of the next letter */
static u8 column, line, is_open, waits;
static u8 phase;
static const Script *script;

static const u8 *const entries[ENTRIES] = {text_party, text_bag, text_save, text_exit};

/* ---- text ---- */

static void clear_page(void) {
    draw_window(2, 15, TEXT_WIDTH, 4);
    column = line = 0;
}

/* The whole text with the player's name in it, as it will be said. */
void open_text(const u8 *text) {
    volatile u8 *to = STRING_VAR_4;
    for (; *text != LETTER_END; text++) {
        if (*text != LETTER_NAME) {
            *to++ = *text;
            continue;
        }
        text++; /* which name: there is one only */
        for (u32 i = 0; SB2(u8, SB2_NAME + i) != LETTER_END; i++) *to++ = SB2(u8, SB2_NAME + i);
    }
    *to = LETTER_END;
    place = 0;
    is_open = 1;
    waits = 0;
    clear_page();
}

static void close_text(void) {
    clear_window(1, 14, TEXT_WIDTH + 2, 6);
    is_open = 0;
    SCRIPT_NATIVE = 0;
}

static void say_letter(void) {
    u8 letter = STRING_VAR_4[place];
    if (letter == LETTER_END || letter == LETTER_PAGE) {
        waits = 1;
        if (letter == LETTER_END) SCRIPT_NATIVE = NATIVE_WAITS_FOR_BUTTON;
        return;
    }
    place++;
    if (letter == LETTER_LINE) {
        line++;
        column = 0;
    } else {
        put_letter(TEXT_COLUMN + column++, TEXT_ROW + line * 2, letter);
    }
}

int update_text(void) {
    if (!is_open) return 0;
    if (!waits) {
        say_letter();
    } else if (is_pressed(KEY_A | KEY_B)) {
        waits = 0;
        if (STRING_VAR_4[place++] == LETTER_END) close_text();
        else clear_page();
    }
    return is_open;
}

/* ---- scripts ---- */

void begin_script(const Script *what) {
    script = what;
    phase = PHASE_TEXT;
    SCRIPT_STATUS = SCRIPT_WAITING;
    open_text(script->text);
}

void stop_script(void) {
    if (is_open) close_text();
    phase = PHASE_NONE;
    SCRIPT_STATUS = SCRIPT_STOPPED;
}

static void mark(int shown_at) {
    for (int i = 0; i < 2; i++)
        put_letter(22, 9 + 2 * i, i == shown_at ? LETTER_ARROW : LETTER_SPACE);
}

static void ask(void) {
    phase = PHASE_YES_NO;
    TASK_FUNCTION(TASK) = TASK_YES_NO;
    TASK_ACTIVE(TASK) = 1;
    MENU_CURSOR = 0;
    MENU_LAST = 1;
    draw_window(22, 9, 6, 3);
    put_letters(24, 9, text_yes);
    put_letters(24, 11, text_no);
    mark(0);
}

static void take_answer(int answer) {
    TASK_ACTIVE(TASK) = 0;
    clear_window(21, 8, 8, 5);
    close_text();
    if (answer) {
        stop_script();
        return;
    }
    give_starter();
    set_flag(FLAG_STARTER);
    spawn_objects();
    begin_script(script->next);
}

static void update_yes_no(void) {
    if (is_pressed(KEY_UP)) MENU_CURSOR = 0;
    if (is_pressed(KEY_DOWN)) MENU_CURSOR = 1;
    mark(MENU_CURSOR);
    if (is_pressed(KEY_B)) take_answer(1);
    else if (is_pressed(KEY_A)) take_answer(MENU_CURSOR);
}

/* Also in the frame that ends one: its button is answered. */
int update_script(void) {
    if (phase == PHASE_NONE) return 0;
    if (phase == PHASE_YES_NO) {
        update_yes_no();
    } else if (script->next && SCRIPT_NATIVE == NATIVE_WAITS_FOR_BUTTON) {
        ask();
    } else if (!update_text()) {
        if (script->flag) set_flag(script->flag);
        stop_script();
    }
    return 1;
}

/* ---- the start menu ---- */

void open_start_menu(void) {
    TASK_FUNCTION(TASK) = TASK_START_MENU;
    TASK_ACTIVE(TASK) = 1;
    START_CURSOR = 0;
    START_COUNT = ENTRIES;
    draw_window(20, 1, 9, 2 * ENTRIES);
    for (int i = 0; i < ENTRIES; i++) put_letters(22, 1 + 2 * i, entries[i]);
}

int update_start_menu(void) {
    if (!TASK_ACTIVE(TASK) || TASK_FUNCTION(TASK) != TASK_START_MENU) return 0;
    if (is_pressed(KEY_UP)) START_CURSOR = (u8)((START_CURSOR + ENTRIES - 1) % ENTRIES);
    if (is_pressed(KEY_DOWN)) START_CURSOR = (u8)((START_CURSOR + 1) % ENTRIES);
    for (int i = 0; i < ENTRIES; i++)
        put_letter(21, 1 + 2 * i, i == START_CURSOR ? LETTER_ARROW : LETTER_SPACE);
    if (is_pressed(KEY_B | KEY_START) || (is_pressed(KEY_A) && START_CURSOR == ENTRIES - 1)) {
        TASK_ACTIVE(TASK) = 0;
        clear_window(19, 0, 11, 2 * ENTRIES + 2);
    }
    return 1;
}
