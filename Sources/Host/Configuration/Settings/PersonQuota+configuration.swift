internal import Sessions

extension PersonQuota {
    /// The section `quota.person`.
    init(_ section: Section) {
        self.init()
        // Of the defaults, only the others need to be told.
        self.includesOwners = ["stored", "threads", "uploads_per_day"].contains { section.value($0) != nil }
        self.stored = section.read("stored", default: self.stored) { $0.size(atLeast: 1 << 20) }
        self.threads = section.read("threads", default: self.threads) { $0.integer(in: 1...1_000_000) }
        self.uploadsPerDay = section.read("uploads_per_day", default: self.uploadsPerDay) { $0.size() }
    }
}
