internal import CEdit

package enum TerminalSize {
    /// The columns of the terminal behind a descriptor; nil if it is not a terminal or does not report them.
    package static func columns(of descriptor: Int32) -> Int? {
        let columns = Int(cedit_columns(descriptor))
        return columns > 0 ? columns : nil
    }
}
