internal import Crypto

/// A regular file of a workspace.
package struct WorkspaceFile: Sendable, Equatable {
    package let bytes: [UInt8]
    package let isExecutable: Bool

    package init(bytes: [UInt8], isExecutable: Bool) {
        self.bytes = bytes
        self.isExecutable = isExecutable
    }

    package var digest: String { Self.digest(of: self.bytes) }

    /// SHA-256, hexadecimal.
    package static func digest(of bytes: [UInt8]) -> String { hex(sha256(bytes)) }
}

/// What to do with one file of a workspace.
package struct WorkspaceEdit: Sendable, Equatable {
    package let path: String
    /// What the file has to be before: SHA-256 of its bytes, hexadecimal; nil for a file that must not exist.
    package let expected: String?
    /// Nil removes the file.
    package let bytes: [UInt8]?
    /// Nil keeps the mode.
    package let isExecutable: Bool?

    package init(path: String, expected: String?, bytes: [UInt8]?, isExecutable: Bool? = nil) {
        self.path = path
        self.expected = expected
        self.bytes = bytes
        self.isExecutable = isExecutable
    }
}

/// Which files and folders to list.
package struct WorkspaceWalk: Sendable, Equatable {
    /// A folder or one file; "" is the workspace.
    package var path: String
    /// Only files like this, as in `.gitignore`; braces hold alternatives.
    package var glob: String?
    /// Levels.
    package var depth: Int
    package var limit: Int
    /// Whether folders, links and other things are listed beside files.
    package var isWhole: Bool

    package init(_ path: String, glob: String? = nil, depth: Int = 100, limit: Int, isWhole: Bool = false) {
        self.path = path
        self.glob = glob
        self.depth = depth
        self.limit = limit
        self.isWhole = isWhole
    }
}
