# The rule: A node falls back by itself only after it has been healthy, beside a peer that covers, for a whole
# hold that was not spent before. (docs/behaviour.md §5.9, §9.3)
# What `locum prove` found: a falls back by itself without having waited: the automatic fallback delay is zero,
# so whatever failed may fail again at once, and so on for ever.
# The steps below follow the way that was found, with a as node 1 and b as node 2. Which heartbeat arrives when
# is left to what plays them, and either node may be the first by name: where the fault needs more than that,
# the last steps fail.
Feature: A way to break the rule one-fallback-a-hold

  @simulated:timers-that-run-out-to-the-moment-need-a-clock-that-stands-still
  Scenario: As it was found
    Given automatic fallback is on without delay, and both nodes are Normal
    When the critical service of node 1 fails
    And 90 s pass
    And the critical service of node 1 is repaired
    # There is no step for this: a heartbeat to a gets lost.
    Then node 1 passes through Taking Back (Automatic Fallback)
    And node 2 is Running in Backup Mode (Critical Service Down)
