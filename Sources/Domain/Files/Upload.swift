/// A stored upload.
package struct Upload: Sendable, Equatable {
    /// As it will appear in the workspace.
    package let name: String
    /// In bytes.
    package let size: Int
    /// By its content.
    package let mediaType: String
}

/// Why an upload was refused.
package enum UploadFailure: Error, Sendable, Equatable {
    /// The name is missing, too long, a path, or contains control characters.
    case badName
    /// Larger than ``Uploads/limit``.
    case tooLarge
    /// ``Uploads/count`` files wait already.
    case tooMany
    /// The session has ``Uploads/sessionCount`` files already.
    case sessionIsFull
    /// The host could not write it; a clause.
    case notStored(String)
}
