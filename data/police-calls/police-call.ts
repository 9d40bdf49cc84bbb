// One call for service as the city publishes it: 14 fields, all of them text, in the published order.

/** A call of the San Francisco police, as in the city's open data. Times are wall clock without a zone. */
export interface PoliceCall {
  /** Nine digits: year, day of the year, serial number within the day. */
  crime_id: string
  original_crime_type_name: string
  /** Midnight of `call_date_time`, as are `call_date` and `offense_date`. */
  report_date: string
  call_date: string
  offense_date: string
  /** `HH:MM` of `call_date_time`. */
  call_time: string
  /** `2018-12-31T23:57:00.000`, whole minutes. */
  call_date_time: string
  disposition: string
  address: string
  city: string
  state: string
  agency_id: string
  address_type: string
  /** Empty unless `address_type` is `Common Location`. */
  common_location: string
}
