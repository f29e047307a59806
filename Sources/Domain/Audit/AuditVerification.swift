internal import Primitives

/// Finds the first problem of a chain. Pure but for the closures that read rows.
struct AuditVerification {
    let head: AuditHead?
    let key: AuditKey?
    /// The newest head that was copied beside the key.
    let kept: AuditHead?
    /// Whether the directory was restored from a backup without the key, and no host has started in it yet.
    let isRestored: Bool
    /// The next rows after a number, ascending; empty at the end.
    let rows: (_ after: Int64) throws -> [AuditRow]
    /// The row with a number.
    let row: (Int64) throws -> AuditRow?

    /// How far from its place a moved row is searched for.
    private static let reach: Int64 = 1_000
    private static let advice = "Compare with an export or a backup from before, and restore the store from there."

    func verdict() throws -> AuditVerdict {
        var link: (number: Int64, hash: String)?
        if let head = self.head {
            guard head.isPossible else {
                return self.verdict(
                    0,
                    AuditProblem(
                        .head,
                        "the audit's head record was altered: no audit begins after row \(head.base) and ends with row "
                            + "\(head.last). \(Self.advice)"))
            }
            link = (head.base, head.baseHash)
        }
        var last: Int64 = 0
        var count: Int64 = 0
        while true {
            let batch = try self.rows(last)
            for row in batch {
                if let problem = try self.problem(of: row, after: link) { return self.verdict(count, problem) }
                link = (row.number, row.hash)
                count += 1
            }
            guard let end = batch.last else { break }
            last = end.number
        }
        return self.verdict(count, try self.problem(atEnd: link, isEmpty: count == 0) ?? self.problem(after: self.kept))
    }

    private func verdict(_ count: Int64, _ problem: AuditProblem?) -> AuditVerdict {
        AuditVerdict(
            rows: count, last: self.head?.last ?? 0, hash: self.head?.hash ?? AuditRow.noHash,
            pruned: self.head?.base ?? 0, problem: problem)
    }

    // MARK: Rows

    private func problem(of row: AuditRow, after link: (number: Int64, hash: String)?) throws -> AuditProblem? {
        guard UntrustedNumber.range.contains(row.number) else {
            return self.inserted(row.number, "no audit has so many rows")
        }
        // Without a head nothing says where the chain begins.
        let before = link ?? (row.number - 1, row.previous)
        let expected = before.number + 1
        if row.number < expected { return self.inserted(row.number, "it is from before the oldest kept row") }
        if row.number > expected { return self.removed(expected, through: row.number - 1) }
        if row.isIntact {
            if row.previous == before.hash { return nil }
            // The row still continues from what its predecessor was.
            return self.altered(before.number, "row \(row.number) continues from another content")
        }
        return try self.problem(ofMoved: row, after: before.hash)
    }

    /// A row whose content does not fit its place: either changed in place, or moved there from another one.
    private func problem(ofMoved row: AuditRow, after hash: String) throws -> AuditProblem {
        let place = row.number
        if let origin = self.origin(of: row) {
            if let other = try self.row(origin), other.computedHash(as: place) == other.hash {
                return AuditProblem(
                    .swapped, row: place,
                    "audit rows \(place) and \(origin) were swapped: each has the other's hash. \(Self.advice)")
            }
            if origin > place { return self.removed(place, through: origin - 1) }
            return self.inserted(place - 1, "the rows after it were renumbered")
        }
        // If the original row follows with a number one too high, this one was put in between.
        if let next = try self.row(place + 1), next.previous == hash, next.computedHash(as: place) == next.hash {
            return self.inserted(place, "row \(place + 1) continues from the row before it")
        }
        return self.altered(place, "its hash does not match its content")
    }

    /// The number under which a row's hash is right.
    private func origin(of row: AuditRow) -> Int64? {
        for distance in 1...Self.reach {
            for number in [row.number + distance, row.number - distance]
            where row.computedHash(as: number) == row.hash { return number }
        }
        return nil
    }

    private func altered(_ number: Int64, _ reason: String) -> AuditProblem {
        AuditProblem(.altered, row: number, "audit row \(number) was altered: \(reason). \(Self.advice)")
    }

    private func inserted(_ number: Int64, _ reason: String) -> AuditProblem {
        AuditProblem(.inserted, row: number, "audit row \(number) was inserted: \(reason). \(Self.advice)")
    }

    private func removed(_ number: Int64, through end: Int64) -> AuditProblem {
        let rows = end > number ? "rows \(number) to \(end) were removed" : "row \(number) was removed"
        return AuditProblem(.removed, row: number, "audit \(rows): the chain has a gap. \(Self.advice)")
    }

    // MARK: Both ends

    private func problem(atEnd end: (number: Int64, hash: String)?, isEmpty: Bool) -> AuditProblem? {
        guard let head = self.head else {
            return AuditProblem(
                .head, "the audit's head record was deleted: rows may be missing at the end. \(Self.advice)")
        }
        // Nothing has been recorded yet, as before the host's first start.
        if self.key == nil, isEmpty, head == .empty { return nil }
        let end = end ?? (head.base, head.baseHash)
        if end.number < head.last {
            let missing = end.number + 1
            let rows = head.last > missing ? "rows \(missing) to \(head.last) are" : "row \(missing) is"
            return AuditProblem(.tail, row: missing, "audit \(rows) missing at the end. \(Self.advice)")
        }
        if end.number > head.last { return self.inserted(head.last + 1, "the head record ends at row \(head.last)") }
        if end.hash != head.hash { return self.altered(end.number, "its hash is not the one in the head record") }
        guard let key = self.key else {
            let advice =
                self.isRestored
                ? "it was restored from a backup without secrets, and the host makes a new one when it starts"
                : "restore audit.key from a backup"
            return AuditProblem(
                .key, "the audit's key is missing, so that missing rows at the end cannot be found: \(advice)")
        }
        guard head.isSigned(with: key) else {
            return AuditProblem(
                .head,
                "the audit's head record has a wrong signature: rows may be missing at either end. \(Self.advice)")
        }
        return nil
    }

    /// Whoever puts back an earlier head removes the rows that came after it.
    private func problem(after kept: AuditHead?) throws -> AuditProblem? {
        guard let kept, let head = self.head else { return nil }
        let remedy = "\(Self.advice) If you put an older database there yourself, remove \(AuditHead.keptName)"
        if kept.last > head.last {
            let missing = head.last + 1
            let rows = kept.last > missing ? "rows \(missing) to \(kept.last) are" : "row \(missing) is"
            return AuditProblem(
                .tail, row: missing,
                "audit \(rows) missing at the end: \(AuditHead.keptName) beside the key has row \(kept.last). \(remedy)"
            )
        }
        guard try kept.base > head.base || (kept.last > head.base && self.row(kept.last)?.hash != kept.hash) else {
            return nil
        }
        return AuditProblem(
            .tail, row: kept.last,
            "audit row \(kept.last) is not the one in \(AuditHead.keptName) beside the key: rows up to it were missing at "
                + "the end, and others were recorded since. \(remedy)")
    }
}
