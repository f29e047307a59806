internal import CGit2
internal import Primitives

/// The lines that differ between two texts, as Git finds them. Needs no repository.
package struct GitLineDiff: Sendable {
    /// The hunks of a unified diff with three lines of context; empty without a difference. Invalid UTF-8 is replaced
    /// with U+FFFD.
    package let hunks: String
    /// Lines.
    package let added: Int
    package let removed: Int

    /// Throws ``GitError/Code/tooLarge`` for texts that would take many seconds.
    package init(from old: [UInt8], to new: [UInt8]) throws(GitError) {
        _ = GitLibrary.executor  // starts the library
        let what = "the difference of two texts"
        guard LineCost.allows(old, new) else {
            throw GitError(.tooLarge, "\(what) has too many short lines to find: replace the file with a command")
        }
        self = try unsafe PatchText.between(
            old, new, flags: GIT_DIFF_FORCE_TEXT.rawValue, what
        ) { (patch) throws(GitError) in try unsafe Self(patch, what) }
    }

    private init(_ patch: OpaquePointer, _ what: String) throws(GitError) {
        var (added, removed) = (0, 0)
        try unsafe GitLibrary.check(git_patch_line_stats(nil, &added, &removed, patch), what)
        (self.added, self.removed) = (added, removed)
        var bytes: [UInt8] = []
        for index in 0..<(unsafe git_patch_num_hunks(patch)) {
            var hunk: UnsafePointer<git_diff_hunk>?
            var count = 0
            try unsafe GitLibrary.check(git_patch_get_hunk(&hunk, &count, patch, index), what)
            if let raw = unsafe hunk?.pointee { bytes += Self.header(raw) }
            for number in 0..<count {
                var line: UnsafePointer<git_diff_line>?
                try unsafe GitLibrary.check(git_patch_get_line_in_hunk(&line, patch, index, number), what)
                guard let line = unsafe line?.pointee else { continue }
                let origin = unsafe UInt8(bitPattern: line.origin)
                // The other origins are notes that a text has no newline at its end; their content is the whole line.
                if " +-".utf8.contains(origin) { bytes.append(origin) }
                unsafe bytes += UnsafeRawBufferPointer(start: line.content, count: line.content_len)
            }
        }
        self.hunks = StreamSafeText.of(String(decoding: bytes, as: UTF8.self))
    }

    /// `@@ -1,3 +1,3 @@`, without the line that Git shows after it, which is not part of the hunk.
    private static func header(_ hunk: git_diff_hunk) -> [UInt8] {
        let header = unsafe withUnsafeBytes(of: hunk.header) { unsafe Array($0.prefix(Int(hunk.header_len))) }
        let end = header.dropFirst(2).firstIndex(of: UInt8(ascii: "@")) ?? header.endIndex
        return header[..<end] + Array("@@\n".utf8)
    }
}
