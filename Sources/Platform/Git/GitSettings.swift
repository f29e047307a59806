internal import CGit2

/// What a repository's own configuration says about its files and commits. The configuration of the machine and of the
/// host's user does not count: commits are the same wherever the host runs.
package struct GitSettings: Sendable, Equatable {
    /// `core.autocrlf`.
    package enum Conversion: String, Sendable {
        case off = "false"
        case on = "true"
        case input
    }

    package var conversion = Conversion.off
    /// `core.eol` is `crlf`.
    package var hasWideLineEnds = false
    /// `commit.gpgsign`.
    package var signsCommits = false
    /// The filters that are configured, which are programs: nothing here runs them.
    package var filters: Set<String> = []

    package init() {}

    /// Whether text without other attributes gets CRLF in a work tree.
    var isWide: Bool { self.conversion == .on || self.conversion == .off && self.hasWideLineEnds }
}

extension GitRepository {
    package func settings() throws(GitError) -> GitSettings {
        let repository = try unsafe self.open()
        defer { unsafe git_repository_free(repository) }
        let what = "the repository's configuration"
        let all = try unsafe GitLibrary.make(what) { unsafe git_repository_config($0, repository) }
        defer { unsafe git_config_free(all) }
        var settings = GitSettings()
        var local: OpaquePointer?
        guard unsafe git_config_open_level(&local, all, GIT_CONFIG_LEVEL_LOCAL) == 0 else { return settings }
        defer { unsafe git_config_free(local) }
        switch unsafe Self.text("core.autocrlf", local) {
        case "input": settings.conversion = .input
        case let text?: settings.conversion = Self.isOn(text) ? .on : .off
        case nil: break
        }
        settings.hasWideLineEnds = unsafe Self.text("core.eol", local) == "crlf"
        settings.signsCommits = unsafe Self.text("commit.gpgsign", local).map { Self.isOn($0) } ?? false
        let iterator = try unsafe GitLibrary.make(what) {
            unsafe git_config_iterator_glob_new($0, local, #"^filter\..*\.(clean|process)$"#)
        }
        defer { unsafe git_config_iterator_free(iterator) }
        var entry: UnsafeMutablePointer<git_config_entry>?
        while unsafe git_config_next(&entry, iterator) == 0, let found = unsafe entry {
            let parts = unsafe String(cString: found.pointee.name).split(separator: ".")
            settings.filters.insert(parts.dropFirst().dropLast().joined(separator: "."))
        }
        return settings
    }

    private static func text(_ name: String, _ configuration: OpaquePointer?) -> String? {
        var buffer = unsafe git_buf()
        defer { unsafe git_buf_dispose(&buffer) }
        guard unsafe git_config_get_string_buf(&buffer, configuration, name) == 0, let text = unsafe buffer.ptr else {
            return nil
        }
        return unsafe String(cString: text).lowercased()
    }

    /// A name without a value is on, too.
    private static func isOn(_ text: String) -> Bool { ["", "true", "yes", "on", "1"].contains(text) }
}
