internal import Reading

extension ReadingSettings {
    /// The section `files`.
    init(_ section: Section) {
        self.init()
        self.images = section.read("images", default: self.images) { $0.integer(in: 256...8_000) }
        self.documents = section.read("documents", default: self.documents) { $0.integer(in: 1_000...1_000_000) }
    }
}
