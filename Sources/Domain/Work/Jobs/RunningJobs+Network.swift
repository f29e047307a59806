internal import Chat

/// Addresses that the configuration does not allow.
extension RunningJobs {
    /// Asks the thread of the session's running command whether it may reach an address. Without a command that people
    /// wait for there is nobody to ask, and the answer is no.
    package func mayReach(_ address: String, from session: String) async -> Bool {
        guard let thread = self.thread(of: session) else { return false }
        // The jail's network does not know which of its processes asks.
        let jobs = self.background(of: session)
        let request = ApprovalRequest(
            action: .reach, subject: address, directory: self.directory(of: session), tool: "network",
            approver: .requester, preview: jobs.isEmpty ? nil : WorkbenchTexts.mayBeJob(jobs))
        if case .approved? = try? await thread.approval(of: request) { return true }
        return false
    }
}
