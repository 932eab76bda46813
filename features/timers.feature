Feature: Every timer, just before its time and just after
  The parameters of the `classic` profile (docs/behaviour.md §6). Scenarios of one exact moment, or of a second before
  or after it, carry a tag: only a virtual clock can show them. Beside them are others with more time to spare.

  Background:
    Given both nodes are Normal

  Rule: A critical service may be down for the critical service delay, 90 s

    Scenario Outline: A critical service is down for <time>
      When the critical service of node 1 fails
      And <time> pass
      Then node 1 is <node 1>
      And node 2 is <node 2>

      Examples:
        | time | node 1          | node 2          |
        | 45 s | Normal (Normal) | Normal (Normal) |

      @simulated:a-second-is-twenty-milliseconds-for-daemons
      Examples:
        | time | node 1                                                                 | node 2                                         |
        | 89 s | Normal (Normal)                                                        | Normal (Normal)                                |
        | 91 s | Failed Over with Critical Services not Running (Critical Service Down) | Running in Backup Mode (Critical Service Down) |

      @simulated:one-exact-moment-needs-a-clock-that-stands-still
      Examples:
        | time | node 1                               | node 2          |
        | 90 s | Failing Over (Critical Service Down) | Normal (Normal) |

    Scenario: A critical service is down for longer
      When the critical service of node 1 fails
      And 3 min pass
      Then the pair comes to rest in row 12

    Scenario Outline: A service that is repaired after <time> starts its delay afresh
      When the critical service of node 1 fails
      And <time> pass
      And the critical service of node 1 is repaired
      And the critical service of node 1 fails
      And <time> pass
      Then node 1 is Normal (Normal)
      When <more> pass
      Then the pair comes to rest in row 12

      Examples:
        | time | more |
        | 50 s | 50 s |

      @simulated:a-second-is-twenty-milliseconds-for-daemons
      Examples:
        | time | more |
        | 89 s | 2 s  |

    Scenario: Unknown is not down
      When the probe of the critical service of node 1 cannot tell
      And 10 min pass
      Then node 1 is Normal (Normal)
      And node 1 raises the alarm that a probe cannot tell

  Rule: A peer may be silent for the keep-alive timeout, 60 s

    Scenario Outline: A peer is silent for <time>
      When the daemon of node 1 dies
      And node 2 has not heard its peer for <time>
      Then node 2 is <node 2>

      Examples:
        | time | node 2          |
        | 40 s | Normal (Normal) |

      @simulated:a-second-is-twenty-milliseconds-for-daemons
      Examples:
        | time | node 2                             |
        | 59 s | Normal (Normal)                    |
        | 61 s | Running in Backup Mode (Peer Down) |

      @simulated:one-exact-moment-needs-a-clock-that-stands-still
      Examples:
        | time | node 2                  |
        | 60 s | Taking Over (Peer Down) |

    Scenario: A peer is silent for longer
      When the daemon of node 1 dies
      And 3 min pass
      Then the pair comes to rest in row 16

    Scenario Outline: A peer that is heard again after <time> was never silent
      When the heartbeats of node 1 get lost
      And node 2 has not heard its peer for <time>
      And the link is mended
      And 10 min pass
      Then node 1 is Normal (Normal)
      And node 2 is Normal (Normal)
      And neither node has failed over or covered the other

      Examples:
        | time |
        | 25 s |

      @simulated:a-second-is-twenty-milliseconds-for-daemons
      Examples:
        | time |
        | 44 s |

  Rule: A node that starts waits for its peer for the initialization keep-alive timeout, 120 s

    Scenario Outline: A node starts and hears nobody for <time>
      When the daemon of node 1 dies
      And the daemon of node 2 restarts
      And <time> pass
      Then node 2 is <node 2>

      Examples:
        | time | node 2                        |
        | 60 s | Initializing (Initialization) |

      @simulated:a-second-is-twenty-milliseconds-for-daemons
      Examples:
        | time  | node 2                                                   |
        | 119 s | Initializing (Initialization)                            |
        | 121 s | Running in Backup Mode (Peer Down During Initialization) |

      @simulated:one-exact-moment-needs-a-clock-that-stands-still
      Examples:
        | time  | node 2                                        |
        | 120 s | Taking Over (Peer Down During Initialization) |

    Scenario: A node starts and hears nobody for longer
      When the daemon of node 1 dies
      And the daemon of node 2 restarts
      And 5 min pass
      And the pair comes to rest
      Then node 2 is Running in Backup Mode (Peer Down During Initialization)

    Scenario Outline: The peer comes after <time>, which is in time
      When the daemon of node 1 dies
      And the daemon of node 2 restarts
      And <time> pass
      And the daemon of node 1 starts
      Then the pair comes to rest in row 1

      Examples:
        | time |
        | 60 s |

      @simulated:a-second-is-twenty-milliseconds-for-daemons
      Examples:
        | time  |
        | 119 s |

  Rule: An automatic fallback waits until the covered node has been healthy for 30 min

    Background:
      Given automatic fallback is on, and both nodes are Normal
      When the critical service of node 1 fails
      And the pair comes to rest
      And the critical service of node 1 is repaired

    Scenario Outline: <time>, and <more>
      When <time> pass
      Then node 1 is Failed Over (Critical Service Down)
      And node 1 counts down to an automatic fallback
      When <more> pass
      Then node 1 passes through Taking Back (Automatic Fallback)
      And the pair comes to rest in row 1

      Examples:
        | time   | more  |
        | 28 min | 2 min |

      @simulated:a-second-is-twenty-milliseconds-for-daemons
      Examples:
        | time        | more |
        | 29 min 59 s | 1 s  |

    @simulated:one-exact-moment-needs-a-clock-that-stands-still
    Scenario: 30 min to the moment
      When 30 min pass
      Then node 1 is Taking Back (Automatic Fallback)
      And node 2 is Running in Backup Mode (Critical Service Down)

    Scenario Outline: <break> starts the count afresh
      When 28 min pass
      And <break>
      And <end of it>
      And 28 min pass
      Then node 1 is Failed Over (<reason>)
      When 2 min pass
      Then node 1 passes through Taking Back (Automatic Fallback)
      And the pair comes to rest in row 1

      Examples:
        | break                                | end of it                                  | reason                |
        | the critical service of node 1 fails | the critical service of node 1 is repaired | Critical Service Down |
        | the daemon of node 1 restarts        | nothing else happens                       | Initialization        |
        | the daemon of node 2 restarts        | nothing else happens                       | Critical Service Down |

    Scenario: A cancelled fallback does not happen
      When 28 min pass
      And an administrator asks node 1 for cancel fallback
      Then that is accepted
      And node 1 counts down to nothing
      When 40 min pass
      Then node 1 is Failed Over (Critical Service Down)
      And node 2 is Running in Backup Mode (Critical Service Down)

    Scenario: Nobody falls back from Idle but by hand
      When the pair comes to rest
      And node 1 is fallen back
      And the pair comes to rest
      And node 1 is failed over
      And the pair comes to rest
      And 40 min pass
      Then the pair is in row 3
