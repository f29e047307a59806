internal import CGit2
internal import Primitives

/// The text of libgit2's patches. Their heads name files as `git` does with `core.quotePath=false`: libgit2 quotes each byte
/// outside ASCII, and has no option for it.
enum PatchText {
    /// Compares two texts. The patch refers to both, so it exists while `body` runs.
    static func between<Value>(
        _ old: [UInt8], _ new: [UInt8], path: String? = nil, flags: UInt32 = 0, _ what: String,
        _ body: (OpaquePointer) throws(GitError) -> Value
    ) throws(GitError) -> Value {
        var options = unsafe git_diff_options()
        unsafe git_diff_options_init(&options, UInt32(GIT_DIFF_OPTIONS_VERSION))
        unsafe options.flags = flags
        return try unsafe old.withUnsafeBufferPointer { old throws(GitError) in
            try unsafe new.withUnsafeBufferPointer { new throws(GitError) in
                let patch = try unsafe GitLibrary.make(what) { patch in
                    unsafe git_patch_from_buffers(
                        patch, old.baseAddress, old.count, path, new.baseAddress, new.count, path, &options)
                }
                defer { unsafe git_patch_free(patch) }
                return try unsafe body(patch)
            }
        }
    }

    static func bytes(of patch: OpaquePointer?, _ subject: String) throws(GitError) -> [UInt8] {
        var buffer = unsafe git_buf()
        try unsafe GitLibrary.check(git_patch_to_buf(&buffer, patch), subject)
        defer { unsafe git_buf_dispose(&buffer) }
        return unsafe Self.unquoted(Array(UnsafeRawBufferPointer(start: buffer.ptr, count: buffer.size)))
    }

    private static func unquoted(_ patch: [UInt8]) -> [UInt8] {
        let (quote, escape) = (UInt8(ascii: "\""), UInt8(ascii: "\\"))
        let hunk = Array("\n@@".utf8)[...]
        let end = patch.indices.first { patch[$0...].starts(with: hunk) } ?? patch.endIndex
        guard patch[..<end].contains(quote) else { return patch }
        var head: [UInt8] = []
        var index = 0
        while index < end {
            guard patch[index] == quote else {
                head.append(patch[index])
                index += 1
                continue
            }
            var close = index + 1
            while close < end, patch[close] != quote { close += patch[close] == escape ? 2 : 1 }
            let name = patch[index..<min(close + 1, end)]
            head +=
                QuotedPath.bytes(of: String(decoding: name, as: UTF8.self)).map { Array(QuotedPath.text(of: $0).utf8) }
                ?? Array(name)
            index = name.endIndex
        }
        return head + patch[end...]
    }
}
