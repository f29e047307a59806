internal import Primitives

extension String {
    /// At most `count` characters and eight times as many bytes, because one character may be as long as a message. A
    /// text that is cut ends with an ellipsis.
    ///
    /// - Parameter isCut: It is the beginning of a longer one.
    package func shortened(to count: Int, isCut: Bool = false) -> String {
        let start = self.beginning(bytes: 8 * count)
        let isWhole = !isCut && start.utf8.count == self.utf8.count && start.count <= count
        return isWhole ? self : String(start.prefix(count - 1)) + "…"
    }
}
