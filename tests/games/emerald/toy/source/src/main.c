/* main.c: start-up, the loop that runs once a frame, buttons and chance, the first screens. */
#include "toy.h"

extern void interrupt_handler(void);

static u16 keys_now, keys_before;
static u32 random_state;

static const u8 *const menu_entries[] = {text_new_game, text_option};
enum { MENU_ENTRIES = 2 };

int is_pressed(u16 keys) { return (keys_now & ~keys_before & keys) != 0; }

int is_held(u16 keys) { return (keys_now & keys) != 0; }

/* A linear congruential generator (Numerical Recipes, 2nd ed., section 7.1), of which the high half
 * is used. It advances every frame: when a button is pressed changes what happens. */
u32 draw_random(void) {
    random_state = random_state * 1664525u + 1013904223u;
    return random_state >> 16;
}

void show_screen(u32 callback2) {
    CALLBACK1 = callback2 == CB2_OVERWORLD ? CB1_OVERWORLD : 0;
    CALLBACK2 = callback2;
}

static void start_menu(void) {
    move_save_blocks();
    show_screen(CB2_MAIN_MENU);
    clear_text();
    draw_window(2, 2, 14, 6);
    for (int i = 0; i < MENU_ENTRIES; i++) put_letters(5, 3 + 2 * i, menu_entries[i]);
    MENU_CURSOR = 0;
}

static void start_naming(void) {
    show_screen(CB2_NAMING);
    clear_text();
    draw_window(4, 4, 22, 8);
    put_letters(6, 5, text_your_name);
    put_letters(6, 8, text_name);
}

static void start_speech(void) {
    for (int i = 0; i < 8; i++) SB2(u8, SB2_NAME + i) = text_name[i];
    SB1(u32, SB1_MONEY) = 3000 ^ SB2(u32, SB2_KEY);
    show_screen(CB2_INTRO);
    clear_text();
    open_text(text_speech);
}

static void start_van(void) {
    clear_text();
    begin_field(25, 40, 2, 2, EAST);
}

static void update_menu(void) {
    if (is_pressed(KEY_UP | KEY_DOWN)) MENU_CURSOR = (s8)!MENU_CURSOR;
    for (int i = 0; i < MENU_ENTRIES; i++)
        put_letter(4, 3 + 2 * i, i == MENU_CURSOR ? LETTER_ARROW : LETTER_SPACE);
    if (is_pressed(KEY_A) && MENU_CURSOR == 0) fade_through(start_naming);
}

static void update(void) {
    if (CALLBACK2 == CB2_OVERWORLD) {
        update_field();
        return;
    }
    if (update_fade()) return;
    switch (CALLBACK2) {
    case CB2_TITLE:
        if (is_pressed(KEY_START | KEY_A)) fade_through(start_menu);
        break;
    case CB2_MAIN_MENU: update_menu(); break;
    case CB2_NAMING:
        if (is_pressed(KEY_START | KEY_A)) fade_through(start_speech);
        break;
    case CB2_INTRO:
        if (!update_text()) fade_through(start_van);
        break;
    }
}

static void count_time(void) {
    if (CALLBACK2 != CB2_OVERWORLD || ++SB2(u8, SB2_FRAMES) < 60) return;
    SB2(u8, SB2_FRAMES) = 0;
    if (++SB2(u8, SB2_SECONDS) < 60) return;
    SB2(u8, SB2_SECONDS) = 0;
    if (++SB2(u8, SB2_MINUTES) < 60) return;
    SB2(u8, SB2_MINUTES) = 0;
    SB2(u16, SB2_HOURS)++;
}

/* Sleeps until the next picture is due: BIOS call VBlankIntrWait. Before that, the processor works
 * for as many of a frame's 228 lines as the build says. */
static void wait_for_frame(void) {
    for (u32 line = 0; line < BUSY_LINES;) {
        line = AT(u16, 0x04000006);
        line = line < 160 ? line + 68 : line - 160; /* since the picture was complete */
    }
    __asm__ volatile("swi 5" ::: "r0", "r1", "r2", "r3", "memory");
}

static void start_interrupts(void) {
    AT(u32, 0x03007FFC) = (u32)interrupt_handler;
    AT(u16, 0x04000004) = 0x0008; /* at VBlank */
    AT(u16, 0x04000200) = 1;
    AT(u16, 0x04000208) = 1;
}

int main(void) {
    random_state = 0x544F59;
    SCRIPT_STATUS = SCRIPT_STOPPED;
    show_screen(CB2_TITLE);
    set_up_screen();
    put_letters(8, 6, text_title);
    put_letters(9, 12, text_press_start);
    start_interrupts();
    for (;;) {
        wait_for_frame();
        keys_before = keys_now;
        keys_now = (u16)(~AT(u16, 0x04000130) & 0x3FF);
        draw_random();
        update();
        count_time();
    }
}
