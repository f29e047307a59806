internal import Sessions

extension PersonQuota {
    /// The section `quota.person`. A limit that is not the default holds for owners as well.
    init(_ section: Section) {
        self.init()
        let standard = self
        self.stored = section.read("stored", default: self.stored) { $0.size(atLeast: 1 << 20) }
        self.threads = section.read("threads", default: self.threads) { $0.integer(in: 1...1_000_000) }
        self.uploadsPerDay = section.read("uploads_per_day", default: self.uploadsPerDay) { $0.size() }
        self.includesOwners = self != standard
    }
}
