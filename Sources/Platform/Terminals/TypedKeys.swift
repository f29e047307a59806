internal import Glibc
internal import Primitives

/// What people type while the program has no use for it: the terminal would mix it into the program's output.
package enum TypedKeys {
    /// The mode before ``hide()``.
    private static let saved = Protected<termios?>(nil)

    /// Keeps typed keys from being shown until ``show()``. They stay in the terminal's input, for whoever reads next.
    /// Without effect if standard input is not a terminal.
    package static func hide() {
        self.saved.withLock { saved in
            var mode = termios()
            guard saved == nil, unsafe tcgetattr(STDIN_FILENO, &mode) == 0 else { return }
            saved = mode
            mode.c_lflag &= ~tcflag_t(ECHO)
            _ = unsafe tcsetattr(STDIN_FILENO, TCSANOW, &mode)
        }
    }

    package static func show() {
        self.saved.withLock { saved in
            guard var mode = saved.take() else { return }
            _ = unsafe tcsetattr(STDIN_FILENO, TCSANOW, &mode)
        }
    }
}
