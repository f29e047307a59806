internal import People
internal import Threads

extension Configuration {
    /// The settings that the bridge takes from the configuration.
    func bridgeSettings(publicURL: String) -> BridgeSettings {
        let names = self.repositories.map(\.name)
        let first = self.defaultRepository
        var settings = BridgeSettings(
            publicURL: publicURL, turnTimeout: self.model.turnTimeout,
            approvalTimeout: self.approvals.timeout,
            notifiesOwners: self.approvals.notify == .owners,
            turnsPerHost: self.limits.turns, turnsPerPerson: self.limits.turnsPerPerson,
            queueLimit: self.limits.waitingPerThread, drainTimeout: BridgeSetup.drainTimeout,
            repositories: first.map { first in [first] + names.filter { $0 != first } } ?? names,
            filesDirectory: self.filesDirectory, retention: self.retention)
        settings.quota = self.quota
        settings.language = self.language
        settings.classes = self.dataClasses
        settings.analytics = self.analytics
        settings.answers = self.adapters.answers
        settings.context = self.adapters.context
        settings.objects = self.sharedObjects
        settings.pages = RepositorySetup.pages(of: self, viewer: publicURL)
        return settings
    }

    /// Where received files are kept.
    var filesDirectory: String { "\(self.dataDirectory)/files" }
}

extension Configuration.Access {
    var policy: AccessPolicy {
        AccessPolicy(
            owners: self.owners, members: self.members, guests: self.guests, isPairingAllowed: self.pairing,
            takesRequests: self.requests)
    }
}
