internal import JSON
internal import Threads

extension Retention {
    /// The section `retention`: `transcripts: 365d`, or `forever`.
    init(_ section: Section) {
        self.init()
        self.transcripts = Self.lifetime("transcripts", in: section, default: self.transcripts)
        self.files = Self.lifetime("files", in: section, default: self.files)
        self.workspaces = Self.lifetime("workspaces", in: section, default: self.workspaces)
        self.sent = Self.lifetime("sent", in: section, default: self.sent)
        self.audit = Self.lifetime("audit", in: section, default: self.audit)
        self.usage = Self.lifetime("usage", in: section, default: self.usage)
    }

    private static func lifetime(_ key: String, in section: Section, default standard: Duration?) -> Duration? {
        section.read(key, default: standard, shown: standard == nil ? "forever" : nil) { $0.lifetime() }
    }
}
