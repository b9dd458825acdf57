/** What `ackbridge notify --help` prints. */
export const usage = `Usage: ackbridge notify [--monitor NAME] [--FLAG VALUE]... [--from-env PREFIX]
       ackbridge notify --bulk [--monitor NAME] [--FLAG VALUE]...
       ackbridge notify --flush [--for SECONDS]

Sends one notification of a monitor to ackbridge. Every --FLAG VALUE is sent under its name; empty values and macros the
monitor left unexpanded are not. The monitor runs this once per contact; repeats are counted once.

Flags of a notification
  --type Host|Service     --notificationtype TYPE   --hostname NAME        --hostaddress ADDRESS
  --hoststate STATE       --servicedesc NAME        --servicestate STATE   --output TEXT
  --longoutput TEXT       --ackauthor NAME          --ackcomment TEXT      --author NAME    --comment TEXT
  --hostdisplayname NAME  --servicedisplayname NAME --hostalias NAME       --link URL
  --notificationid N      --problemid N             --lastproblemid N      --contact NAME
  --hostuuid --serviceuuid --state and any other; states are numbers or words
  --from-env PREFIX       send all variables that begin with PREFIX (NAGIOS_, ICINGA_, NOTIFY_)
  --bulk                  several notifications from stdin, as Checkmk's bulk notifications hand them over; the flags are
                          sent with each

Settings                  variable                    without it
  --monitor NAME          ACKBRIDGE_MONITOR           nagios
  --url URL               ACKBRIDGE_URL               http://127.0.0.1:3000
  --key-file FILE         ACKBRIDGE_NOTIFY_KEY[_FILE] no key
  --spool FOLDER          ACKBRIDGE_SPOOL             nothing is kept when the server is away
                          ACKBRIDGE_FLUSH_SECONDS     600: how long to keep trying in the background
  The variables may also stand in /etc/ackbridge/notify.env, one NAME=VALUE a line. First the flag counts, then the
  environment, then that file.

  --flush                 send what the spool holds, for a timer
  --for SECONDS           with --flush: keep trying this long

Exit code: 0 sent or kept, 1 temporary failure, 2 wrong use or refused for good.

Nagios, Naemon:
  define command {
    command_name  notify-host-by-ackbridge
    command_line  ackbridge notify --type Host --notificationtype '$NOTIFICATIONTYPE$' --hostname '$HOSTNAME$' \\
--hostaddress '$HOSTADDRESS$' --hoststate '$HOSTSTATEID$' --output '$HOSTOUTPUT$' --longoutput '$LONGHOSTOUTPUT$' \\
--ackauthor '$HOSTACKAUTHOR$' --ackcomment '$HOSTACKCOMMENT$' --notificationid '$HOSTNOTIFICATIONID$' \\
--problemid '$HOSTPROBLEMID$' --lastproblemid '$LASTHOSTPROBLEMID$'
  }
  define command {
    command_name  notify-service-by-ackbridge
    command_line  ackbridge notify --type Service --notificationtype '$NOTIFICATIONTYPE$' --hostname '$HOSTNAME$' \\
--hostaddress '$HOSTADDRESS$' --hoststate '$HOSTSTATEID$' --servicedesc '$SERVICEDESC$' \\
--servicestate '$SERVICESTATEID$' --output '$SERVICEOUTPUT$' --longoutput '$LONGSERVICEOUTPUT$' \\
--ackauthor '$SERVICEACKAUTHOR$' --ackcomment '$SERVICEACKCOMMENT$' --notificationid '$SERVICENOTIFICATIONID$' \\
--problemid '$SERVICEPROBLEMID$' --lastproblemid '$LASTSERVICEPROBLEMID$'
  }
Single quotes, because the monitor removes them from the values; a backslash at the end of a value is then harmless.`
