// Checks what a run reads and writes: the exports, the workspace, the store, the packages.
// Invariant: no file is opened for writing. If another user can read the workspace, the check fails, because
// it holds a whole nation's data.

import Attest
import Extract
import Files
import Foundation
import Glibc
import Pipeline
import Store
import Values
import Workspace

extension Doctor {
  // MARK: Exports

  func exports(_ kind: ExportKind) -> Diagnosis {
    let check = "exports_\(kind.name)"
    let spec = pipeline.export(kind)
    do throws(Stop) {
      let files = try spec.deliveries(pipeline: pipeline.path, asOf: today)
      for file in files {
        let report = try headerReport(ExportFile(file), format: spec.extractFormat)
        if let missing = report.missing.first, spec.format == .csv {
          return .fail(
            check, .dataRefused, "\(file.name) lacks the column \(missing)",
            "Correct fields, or ask the supplier.",
            command: "cardlink check \(named)")
        }
      }
      let series = try pipeline.series(asOf: today, among: runs).first { $0.export == kind }
      if let fault = series?.faults.first {
        return .fail(
          check, fault.exit, "\(fault.finding.origin.file): \(fault.finding.found)", fault.finding.remedy,
          command: "cardlink series \(named)")
      }
      let bytes = files.reduce(0) { $0 + $1.byteCount }
      let newest = (files.map(\.modified).max() ?? 0) / 1_000_000_000
      let seconds = max(0, Int(Date().timeIntervalSince1970) - newest)
      let hours = seconds / 3600
      let age = hours < 1 ? "\(seconds / 60) min" : hours < 48 ? "\(hours) h" : "\(hours / 24) days"
      let found =
        "\(files.count) file\(files.count == 1 ? "" : "s"), \(Self.size(bytes)), readable, the newest written \(age) ago"
      return hours > 36
        ? .warn(check, found, "Has the supplier delivered?", command: "cardlink check \(named)")
        : .ok(check, found)
    } catch {
      return .fail(
        check, error.exit,
        "\(error.finding.origin): expected \(error.finding.expected), found \(error.finding.found)",
        error.finding.remedy, command: "cardlink check \(named)")
    }
  }

  // MARK: Workspace

  func workspace() throws(Stop) -> Diagnosis {
    let path = pipeline.workspace
    guard let attributes = try FileAttributes(of: path, following: false) else {
      var parent = Folder.parent(of: path)
      while try !Folder.exists(parent), parent != "/" { parent = Folder.parent(of: parent) }
      guard try Folder.isFolder(parent), unsafe access(parent, W_OK) == 0 else {
        return .fail(
          "workspace", .cannotCreate, "\(path) is not there, and this user can't make it",
          "Make it for the user who runs cardlink: install -d -m 0700 -o USER \(shellQuoted(path))")
      }
      return .ok("workspace", "\(path) is not there yet; the first run makes it")
    }
    guard attributes.kind == .folder else {
      return .fail(
        "workspace", .cannotCreate, "\(path) is no folder", "Correct workspace in the pipeline file.")
    }
    guard attributes.owner == geteuid() else {
      let owner = Self.user(attributes.owner)
      let found = "\(path) belongs to \(owner), this is \(Self.user(geteuid()))"
      return geteuid() == 0
        ? .warn(
          "workspace", found, "What root writes there, \(owner) can't replace. Run cardlink as \(owner).",
          command: "sudo -u \(owner) cardlink doctor \(named)")
        : .fail(
          "workspace", .cannotCreate, found, "Run cardlink as \(owner).",
          command: "sudo -u \(owner) cardlink doctor \(named)")
    }
    guard unsafe access(path, R_OK | W_OK | X_OK) == 0 else {
      return .fail(
        "workspace", .cannotCreate, "\(path) can't be written", "Give this user the right to.",
        command: "chmod 0700 \(shellQuoted(path))")
    }
    return .ok("workspace", "\(path), of \(Self.user(attributes.owner))")
  }

  /// Files that others than the owner may read or write, and files that belong to another user.
  func modes() throws(Stop) -> Diagnosis {
    let path = pipeline.workspace
    var open: [String] = []
    var foreign: [String] = []
    var count = 0
    func look(_ path: String, owner: uid_t) throws(Stop) {
      guard let found = try FileAttributes(of: path, following: false), found.kind != .link else { return }
      count += 1
      // Publish may not set other modes or hard-link files: everything is for the owner only.
      if found.rights & 0o077 != 0, path != pipeline.metrics { open.append(path) }
      if found.owner != owner { foreign.append(path) }
      if found.kind == .folder {
        for name in try Folder.names(in: path) { try look(path + "/" + name, owner: owner) }
      }
    }
    guard let owner = try FileAttributes(of: path, following: false)?.owner else {
      return .ok("modes", "nothing there yet")
    }
    try look(path, owner: owner)
    let store = pipeline.storePath(in: path)
    if !store.hasPrefix(path + "/"), try Folder.exists(store) { try look(store, owner: owner) }
    if let first = open.first {
      let more = open.count > 1 ? " and \(open.count - 1) more" : ""
      return .fail(
        "modes", .inputOutput, "others may read or write \(first)\(more)",
        "Folders are 0700 and files 0600 here.", command: "chmod -R go= \(shellQuoted(path))"
      )
    }
    if let first = foreign.first {
      let more = foreign.count > 1 ? " and \(foreign.count - 1) more" : ""
      return .warn(
        "modes", "\(first)\(more) belong to another user than the workspace", "Give them back.",
        command: "chown -R \(Self.user(owner)) \(shellQuoted(path))")
    }
    return .ok("modes", "\(FigureText.grouped(count)) files and folders, for their owner alone")
  }

  func lock() throws(Stop) -> Diagnosis {
    guard let holder = try reader.lockHolder() else { return .ok("lock", "free") }
    let found = "process \(holder.process) holds the workspace since \(holder.since)"
    let hours = Clock.seconds(holder.since).map { (Int(Date().timeIntervalSince1970) - $0) / 3600 } ?? 0
    return hours >= 12
      ? .warn(
        "lock", found, "Does it still work? Look at it before you end it.",
        command: "ps -fp \(holder.process)")
      : .ok("lock", found)
  }

  // MARK: In force

  func store() throws(Stop) -> Diagnosis {
    let path = pipeline.storePath(in: pipeline.workspace)
    let folder = Folder.parent(of: path)
    if try Folder.exists(folder), unsafe access(folder, W_OK) != 0 {
      return .fail("store", .cannotCreate, "\(folder) can't be written", "Give this user the right to.")
    }
    guard try Folder.exists(path) else {
      return runs.contains { $0.state == .done }
        ? .fail(
          "store", .storeUnavailable, "\(path) is gone, though runs were done",
          "Bring an earlier one back, or load again.",
          command: "cardlink rerun load \(named)")
        : .ok("store", "none yet")
    }
    do throws(Stop) {
      let run = try Store(path: path).runID()
      return .ok("store", "that of run \(run), \(Self.size(try Folder.byteCount(of: path)))")
    } catch {
      return .fail(
        "store", .storeUnavailable, "\(path): \(error.finding.found)", error.finding.remedy,
        command: "cardlink rerun load \(named)")
    }
  }

  func packages() throws(Stop) -> Diagnosis {
    let folder = pipeline.workspace + "/packages"
    guard try Folder.exists(folder) else { return .ok("packages", "none yet") }
    guard unsafe access(folder, W_OK) == 0 else {
      return .fail("packages", .cannotCreate, "\(folder) can't be written", "Give this user the right to.")
    }
    guard let run = try reader.publishedRun(),
      try Folder.isFolder(folder + "/" + (Folder.target(ofLink: folder + "/current") ?? ""))
    else {
      return .warn(
        "packages", "packages/current leads nowhere", "Publish again.",
        command: "cardlink rerun publish \(named)")
    }
    guard let inForce = try pipeline.runInForce(),
      let madeFrom = runs.first(where: { $0.id == run })?.finished(.load)?.run
    else { return .ok("packages", "those of run \(run)") }
    guard madeFrom == inForce else {
      let found =
        "those of run \(run), made from the store of run \(madeFrom); in force is that of run \(inForce)"
      return runs.last.map(\.isUnfinished) ?? false
        ? .warn("packages", found, "The next run goes on and publishes.", command: "cardlink run \(named)")
        : .warn("packages", found, "Publish again.", command: "cardlink rerun publish \(named)")
    }
    return .ok(
      "packages", "those of run \(run)" + (run == inForce ? "" : ", made from the store of run \(inForce)"))
  }

  func signingKey(_ path: String) throws(Stop) -> Diagnosis {
    guard let attributes = try FileAttributes(of: path), unsafe access(path, R_OK) == 0 else {
      return .fail(
        "signing_key", .exportMissing, "\(path) can't be read", "Give this user the right to, or make one.",
        command: "cardlink keys new \(shellQuoted(path))")
    }
    guard attributes.rights & 0o077 == 0 else {
      return .fail(
        "signing_key", .inputOutput, "others may read \(path)",
        "A person who has read it can forge packages: make a new key.",
        command: "chmod 0600 \(shellQuoted(path))")
    }
    return .ok("signing_key", path)
  }

  func attestationKey(_ terms: AttestationTerms) throws(Stop) -> Diagnosis {
    guard let attributes = try FileAttributes(of: terms.key), unsafe access(terms.key, R_OK) == 0 else {
      return .fail(
        "attestation_key", .exportMissing, "\(terms.key) can't be read",
        "Give this user the right to, or make one.",
        command: "cardlink keys attestation \(shellQuoted(terms.key))")
    }
    guard attributes.rights & 0o077 == 0 else {
      return .fail(
        "attestation_key", .inputOutput, "others may read \(terms.key)",
        "A person who has read it can forge attestations: make a new key.",
        command: "chmod 0600 \(shellQuoted(terms.key))")
    }
    let key = try AttestationKey(file: terms.key).jwk
    for file in terms.earlierKeys { _ = try attestationKeys(in: file) }
    return .ok("attestation_key", "\(terms.key), \(key.algorithm), kid \(key.thumbprint)")
  }

  func metrics(_ path: String) throws(Stop) -> Diagnosis {
    let folder = Folder.parent(of: path)
    guard try Folder.isFolder(folder), unsafe access(folder, W_OK | X_OK) == 0 else {
      return .warn(
        "metrics", "\(folder) is not there or can't be written",
        "Runs continue without metrics. Give this user the right to write there.")
    }
    guard try Folder.exists(path) else { return .ok("metrics", "\(path), not written yet") }
    return .ok("metrics", path)
  }

  // MARK: Leftovers

  /// The remains of interrupted runs, unless a process is at work on them.
  func leftovers() throws(Stop) -> Diagnosis {
    guard try reader.lockHolder() == nil else { return .ok("leftovers", "a run is at work") }
    var found: [String] = []
    let root = pipeline.workspace
    var folders = [root, root + "/packages", Folder.parent(of: pipeline.storePath(in: root))]
    folders += try reader.runNumbers().map { reader.folder(of: $0) }
    for folder in Set(folders).sorted() {
      for name in try Folder.names(in: folder)
      where name.contains(".partial") || name.hasSuffix(".sorting") || Scratch.isLeftover(folder + "/" + name)
      {
        found.append(folder + "/" + name)
      }
    }
    guard let first = found.first else { return .ok("leftovers", "none") }
    var bytes = 0
    for path in found { bytes += try Folder.byteCount(of: path) }
    let more = found.count > 1 ? " and \(found.count - 1) more" : ""
    return .warn(
      "leftovers", "\(first)\(more), \(Self.size(bytes))", "The next run replaces them; to remove them now:",
      command: "cardlink prune \(named)")
  }

  static func user(_ id: uid_t) -> String {
    guard let entry = unsafe getpwuid(id), let name = unsafe entry.pointee.pw_name else {
      return "user \(id)"
    }
    return unsafe String(cString: name)
  }
}
