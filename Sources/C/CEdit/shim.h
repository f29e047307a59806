// libedit's variadic calls, and what depends on the thread's locale.
#pragma once
#include <histedit.h>
#include <locale.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <wchar.h>

/// A locale for UTF-8, whatever the environment says; never freed.
static inline locale_t cedit_utf8(void) {
    static locale_t locale;
    if (!locale) locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    return locale;
}

/// Makes the calling thread read and write UTF-8.
static inline void cedit_use_utf8(void) {
    if (cedit_utf8()) uselocale(cedit_utf8());
}

/// The columns of a terminal; 0 if `descriptor` is not one or does not know.
static inline int cedit_columns(int descriptor) {
    struct winsize size;
    return ioctl(descriptor, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

/// Reads standard input, and shows the line on standard error.
static inline EditLine *_Nullable cedit_init(const char *_Nonnull program) {
    return el_init(program, stdin, stderr, stderr);
}

static inline void cedit_set_data(EditLine *_Nonnull editor, void *_Nullable data) {
    el_set(editor, EL_CLIENTDATA, data);
}

static inline void *_Nullable cedit_data(EditLine *_Nonnull editor) {
    void *data = NULL;
    el_get(editor, EL_CLIENTDATA, &data);
    return data;
}

/// The prompt may contain escape sequences between two bytes of value 1.
static inline void cedit_set_prompt(EditLine *_Nonnull editor, char *_Nullable (*_Nonnull prompt)(EditLine *_Nullable)) {
    el_set(editor, EL_PROMPT_ESC, prompt, '\1');
}

static inline void cedit_set_reader(
    EditLine *_Nonnull editor, int (*_Nonnull reader)(EditLine *_Nullable, wchar_t *_Nullable)) {
    el_set(editor, EL_GETCFN, reader);
}

/// Lets keys arrive one by one. Without it `el_gets` shows the prompt first, and until it has switched the terminal, the
/// terminal takes Ctrl-D for itself.
static inline void cedit_take_keys(EditLine *_Nonnull editor) { el_set(editor, EL_PREP_TERM, 1); }

static inline void cedit_set_emacs(EditLine *_Nonnull editor) { el_set(editor, EL_EDITOR, "emacs"); }

static inline void cedit_add_function(
    EditLine *_Nonnull editor, const char *_Nonnull name, unsigned char (*_Nonnull body)(EditLine *_Nullable, int)) {
    el_set(editor, EL_ADDFN, name, name, body);
}

static inline void cedit_bind(EditLine *_Nonnull editor, const char *_Nonnull keys, const char *_Nonnull function) {
    el_set(editor, EL_BIND, keys, function, NULL);
}

static inline void cedit_set_history(EditLine *_Nonnull editor, History *_Nonnull list) {
    el_set(editor, EL_HIST, history, list);
}

static inline void cedit_limit_history(History *_Nonnull list, int count) {
    HistEvent event;
    history(list, &event, H_SETSIZE, count);
    history(list, &event, H_SETUNIQUE, 1);
}

static inline void cedit_load_history(History *_Nonnull list, const char *_Nonnull path) {
    HistEvent event;
    history(list, &event, H_LOAD, path);
}

static inline void cedit_enter_history(History *_Nonnull list, const char *_Nonnull line) {
    HistEvent event;
    history(list, &event, H_ENTER, line);
}

/// Writes the file that `cedit_load_history` reads. Negative on failure.
static inline int cedit_save_history(History *_Nonnull list, const char *_Nonnull path) {
    HistEvent event;
    return history(list, &event, H_SAVE, path);
}
