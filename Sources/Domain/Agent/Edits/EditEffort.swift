/// What it may cost to find where one patch or edit belongs: whoever writes it chooses how many hunks it has, and a
/// file may have thousands of places for each of them. Ends when the task is cancelled.
final class EditEffort {
    /// Comparisons of two lines, which take a few seconds.
    static let comparisons = 20_000_000
    /// Comparing how a line is indented takes as long as so many other comparisons.
    static let indentation = 4

    private var left: Int

    init(_ comparisons: Int = EditEffort.comparisons) { self.left = comparisons }

    /// Counts comparisons of lines. Throws when no more may be made.
    func take(_ comparisons: Int) throws(EditFailure) {
        if Task.isCancelled { throw .cancelled }
        self.left -= comparisons
        guard self.left >= 0 else { throw Self.spent }
    }

    private static let spent = EditFailure(
        .invalid,
        "Finding where the changes belong takes too long: there are too many of them for so long a file, or too many "
            + "places that are like them. Take more lines around each change, or send several patches.")
}
