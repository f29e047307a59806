internal import People

extension PersonQuota {
    /// The section `quota.person`. A limit that is not the default holds for owners as well.
    init(_ section: Section) {
        self.init()
        let standard = self
        self.stored = section.size("stored", default: self.stored, atLeast: 1 << 20)
        self.threads = section.read("threads", default: self.threads) { $0.integer(in: 1...1_000_000) }
        self.uploadsPerDay = section.size("uploads_per_day", default: self.uploadsPerDay)
        self.includesOwners = self != standard
    }
}
