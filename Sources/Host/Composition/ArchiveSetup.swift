internal import HTTPClient
internal import Work

/// Sets up the archive as configured.
enum ArchiveSetup {
    /// Nil if none is configured.
    static func archive(_ configuration: Configuration) -> WorkspaceArchive? {
        switch configuration.archive {
        case nil: return nil
        case .directory(let path): return WorkspaceArchive(DirectoryArchiveStore(path))
        case .s3(let settings):
            var client = HTTPClientSettings()
            client.userAgent = "jetbridge/\(Release.version)"
            return WorkspaceArchive(
                S3ArchiveStore(
                    settings, drafts: "\(configuration.dataDirectory)/archives", client: HTTPClient(client)))
        }
    }
}
