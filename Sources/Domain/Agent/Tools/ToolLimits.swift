// Change: an argument or limit of a tool
/// The sizes that bound the tools.
package enum ToolLimits {
    /// Bytes of a call's arguments. More are refused unread.
    package static let argumentBytes = 512 << 10
    /// Bytes of the arguments of an extension's tool.
    package static let extensionBytes = 256 << 10
    /// Bytes of a result for the model.
    package static let resultBytes = 16 << 10
    /// Bytes of a file that a tool reads or writes.
    package static let fileBytes = 4 << 20

    package static let readLines = 2_000
    package static let readBytes = 50 << 10
    /// Characters of a line that `read` shows.
    package static let readLine = 2_000

    package static let listDepth = 3
    package static let listEntries = 500

    package static let searchHits = 100
    /// Characters of a line that `grep` shows.
    package static let searchLine = 500
    /// A larger file is not searched, unless the search is for it alone. Bytes.
    package static let searchFileBytes = 1 << 20
    package static let searchTime: Duration = .seconds(20)
    /// Bytes that the searching program writes.
    package static let searchOutput = 16 << 20
    /// Bytes and JSON values of what it writes about one line; each hit on the line is five.
    package static let searchMessage = 4 << 20
    package static let searchValues = 20_000
    /// Bytes of memory that it reserves.
    package static let searchMemory = 1 << 30
    /// Bytes of a pattern.
    package static let patternBytes = 1_000

    /// Bytes of the files that one patch reads, and of what is shown of a change.
    package static let patchBytes = 32 << 20
    /// Files that one patch may change.
    package static let patchFiles = 100
    /// Hunks of all its files, each of which is looked for in the whole file.
    package static let patchHunks = 500
    package static let commandBytes = 32 << 10
    package static let questionOptions = 5
    package static let tasks = 50

    /// Bytes of a page or PDF, and of its text.
    package static let fetchBytes = 8 << 20
    package static let fetchText = 512 << 10
    /// Seconds.
    package static let fetchTime = 30
}
